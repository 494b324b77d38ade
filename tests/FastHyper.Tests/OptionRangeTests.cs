using System.Globalization;
using System.Reflection;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Experiments.Configuration;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests;

/// <summary>Every number of every option type is held to a range, which is stated once, wherever the number comes from.</summary>
public class OptionRangeTests
{
    private static readonly Type[] s_numbers = [typeof(double), typeof(int), typeof(long), typeof(double?), typeof(int?), typeof(long?)];

    public static TheoryData<string, string> OptionsOfCode => Named(CodeOptions());

    public static TheoryData<string> KeysOfConfigurations => [.. ConfigOptions().Select(option => option.Key)];

    [Fact]
    public void TheOptionsAreFound()
    {
        string[] found = [.. CodeOptions().Select(option => $"{option.DeclaringType!.Name}.{option.Name}")];
        foreach (string name in (string[])[
            "SolveOptions.Tolerance", "ExactEstimator.LinearTolerance", "DiscountedReturnObjective.LinearTolerance",
                "MSobirlEstimator.StepSize", "CriticOptions.Step",
            "BatchOptions.Steps", "LeaderOptions.AdamFloor", "QLearningOptions.Rounds", "FourRoomsOptions.Slip", "ToyWorldOptions.Cost",
            "WarehouseOptions.DemandSeed",
            "RandomGameOptions.Followers", "BcHgVrEstimator.Clip", "ZeroOrderEstimator.Radius", "AmdEstimator.Sweeps",
            "BradleyTerryObjective.Segment"])
            Assert.Contains(name, found);
        Assert.True(found.Length > 100, $"{found.Length} options");
    }

    [Theory, MemberData(nameof(OptionsOfCode))]
    public void CodeIsHeldToTheRange(string type, string name)
    {
        PropertyInfo option = Find(CodeOptions(), type, name);
        RangeAttribute range = Assert.IsType<RangeAttribute>(option.GetCustomAttribute<RangeAttribute>());
        object options = Activator.CreateInstance(Instance(option.DeclaringType!), Defaults(Instance(option.DeclaringType!)))!;
        Type number = Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType;
        // What it is by default is in range, or nobody could set it back.
        object? initial = option.GetValue(options);
        Set(options, option, initial);
        foreach (double value in Outside(range, number))
        {
            InvalidInputException refusal =
                Assert.Throws<InvalidInputException>(
                    () => Set(options, option, Convert.ChangeType(value, number, CultureInfo.InvariantCulture)));
            Assert.EndsWith(
                $"{Names.Snake(name)} = {Number(value, number)}; expected {range.Expected(number != typeof(double))}", refusal.Message);
        }

        Assert.Equal(initial, option.GetValue(options));
    }

    [Theory, MemberData(nameof(KeysOfConfigurations))]
    public void YamlIsHeldToTheSameRange(string key)
    {
        (_, OptionType type, string[] choices) = ConfigOptions().Single(option => option.Key == key);
        RangeAttribute range = Assert.IsType<RangeAttribute>(type.Range);
        foreach (double value in Outside(range, type.Form == OptionForm.Number ? typeof(double) : typeof(int)))
        {
            string text = Number(value, type.Form == OptionForm.Number ? typeof(double) : typeof(int));
            InvalidInputException refusal = Assert.Throws<InvalidInputException>(
                () => ConfigFile.Resolve("random", [.. choices, $"{key}={text}"]));
            string orNull = range.OrInfinity ? " or null, for no limit" : type.AllowsNull ? " or null" : "";
            Assert.Equal(
                $"{key}: value {text} (override {OneLine.Value($"{key}={text}")}), expected "
                    + $"{range.Expected(type.Form != OptionForm.Number)}{orNull}", refusal.Message);
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void TolerancesAreHeldToTheirRangeByConstructorsToo(double tolerance)
    {
        Assert.Equal(
            $"exact: linear_tolerance = {tolerance}; expected a finite number above 0",
            Assert.Throws<InvalidInputException>(() => new ExactEstimator(tolerance)).Message);
        Assert.Equal(
            $"discounted-return: linear_tolerance = {tolerance}; expected a finite number above 0",
            Assert.Throws<InvalidInputException>(() => new DiscountedReturnObjective(tolerance)).Message);
        Assert.Equal(
            $"solve: tolerance = {tolerance}; expected a finite number above 0",
            Assert.Throws<InvalidInputException>(() => new SolveOptions { Tolerance = tolerance }).Message);
        Assert.Equal(
            $"schedule: from = {tolerance}; expected a finite number above 0",
            Assert.Throws<InvalidInputException>(() => Schedule.Constant(tolerance)).Message);
        Assert.Equal(
            $"schedule: to = {tolerance}; expected a finite number above 0",
            Assert.Throws<InvalidInputException>(() => Schedule.Geometric(1, tolerance, 3)).Message);
    }

    [Fact]
    public void ADefaultScheduleIsNone()
    {
        Assert.StartsWith(
            "leader: learning_rate is the default of Schedule; expected",
            Assert.Throws<InvalidInputException>(() => new LeaderSetting(1, default)).Message);
        Assert.StartsWith(
            "leader: temperature is the default of Schedule; expected",
            Assert.Throws<InvalidInputException>(() => new LeaderSetting(1, 0.1, default(Schedule))).Message);
        Assert.Null(new LeaderSetting(1, 0.1).Temperature);
    }

    [Fact]
    public void ATinyToleranceScaledIsNotZero() =>
        Assert.Equal(double.Epsilon, new SolveOptions { Tolerance = 1e-300 }.Scaled(1e-100).Tolerance);

    [Theory]
    [InlineData(0, 1, false, false, "a number in [0, 1]", "an integer in [0, 1]")]
    [InlineData(0, 1, true, true, "a number in (0, 1)", "an integer in (0, 1)")]
    [InlineData(0, double.PositiveInfinity, true, false, "a finite number above 0", "an integer above 0")]
    [InlineData(1, double.PositiveInfinity, false, false, "a finite number of at least 1", "an integer of at least 1")]
    [InlineData(double.NegativeInfinity, 2, false, true, "a finite number below 2", "an integer below 2")]
    [InlineData(double.NegativeInfinity, double.PositiveInfinity, false, false, "a finite number", "an integer")]
    public void RangesInWords(double min, double max, bool exclusiveMin, bool exclusiveMax, string number, string integer)
    {
        RangeAttribute range = new() { Min = min, Max = max, ExclusiveMin = exclusiveMin, ExclusiveMax = exclusiveMax };
        Assert.Equal((number, integer), (range.Expected(), range.Expected(integer: true)));
    }

    /// <summary>Numbers that can be set, of the library's option records, estimators and objectives.</summary>
    private static IEnumerable<PropertyInfo> CodeOptions() =>
        from type in (Type[])[.. typeof(SolveOptions).Assembly.GetExportedTypes(), typeof(RunOptions)]
        where type.Name.EndsWith("Options", StringComparison.Ordinal) || typeof(IHypergradientEstimator).IsAssignableFrom(type)
            || typeof(IObjective).IsAssignableFrom(type)
        where type != typeof(FastHyper.Backends.EngineOptions)
        from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        where s_numbers.Contains(property.PropertyType) && property.SetMethod is { IsPublic: true }
        select property;

    /// <summary>Numbers of configurations: their keys, what they take, and what is to be chosen for it.</summary>
    private static IEnumerable<(string Key, OptionType Type, string[] Choices)> ConfigOptions()
    {
        Catalogue catalogue = new();
        IEnumerable<(string Section, IReadOnlyList<Option> Options, string[] Choices)> tables =
        [
            ("", ((IOptions)new RunOptions()).Listed, []), ("", ((IOptions)new LeaderOptions()).Listed, []),
            .. catalogue.Problems.Entries.Select(
                entry => (ProblemRegister.SectionOf(entry.Name), entry.Options, (string[])[$"problem={entry.Name}"])),
            .. catalogue.Objectives.Entries.Select(
                entry => ("objective", entry.Options, (string[])[$"objective.kind={entry.Name}", "estimator.name=exact"])),
            .. catalogue.Followers.Entries.Select(entry => ("follower", entry.Options, (string[])[$"follower.kind={entry.Name}"])),
            .. catalogue.Estimators.Entries.Select(entry => ("estimator", entry.Options, (string[])[$"estimator.name={entry.Name}"])),
        ];
        return
            from table in tables
            from option in table.Options
            where option.Type.Form is OptionForm.Int or OptionForm.Long or OptionForm.Number
            group (Refusal.Join(table.Section, option.Key), option.Type, table.Choices) by Refusal.Join(table.Section, option.Key) into same
            select same.First();
    }

    private static TheoryData<string, string> Named(IEnumerable<PropertyInfo> options)
    {
        TheoryData<string, string> data = [];
        foreach ((string type, string name) in options.Select(option => (option.ReflectedType!.Name, option.Name)).Distinct())
            data.Add(type, name);
        return data;
    }

    private static PropertyInfo Find(IEnumerable<PropertyInfo> options, string type, string name) =>
        options.Single(option => (option.ReflectedType!.Name, option.Name) == (type, name));

    /// <summary>A type to make: of a base of records, one of them.</summary>
    private static Type Instance(Type type) =>
        type == typeof(ToyWorldOptions) ? typeof(TaxiOptions) : type;

    private static object[] Defaults(Type type) =>
        [.. type.GetConstructors().MinBy(constructor => constructor.GetParameters().Length)!.GetParameters()
            .Select(parameter => parameter.DefaultValue!)];

    private static void Set(object options, PropertyInfo option, object? value) =>
        option.SetMethod!.Invoke(options, BindingFlags.DoNotWrapExceptions, null, [value], null);

    private static IEnumerable<double> Outside(RangeAttribute range, Type number)
    {
        bool real = number == typeof(double);
        if (real) yield return double.NaN;
        if (real) yield return double.NegativeInfinity;
        if (real && !range.OrInfinity) yield return double.PositiveInfinity;
        double step = real ? 0.25 : 1;
        if (double.IsFinite(range.Min)) yield return range.ExclusiveMin ? range.Min : range.Min - step;
        if (double.IsFinite(range.Max)) yield return range.ExclusiveMax ? range.Max : range.Max + step;
    }

    private static string Number(double value, Type number) =>
        number == typeof(double) ? value.ToString(CultureInfo.InvariantCulture) : ((long)value).ToString(CultureInfo.InvariantCulture);
}
