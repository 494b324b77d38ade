using System.Globalization;
using FastHyper.Experiments.Configuration;

namespace FastHyper.Tests.Experiments.Configuration;

public enum Method { BcHg, HyperGrad, PlainAC }

public sealed record Schedule(string Name, double Start) : IParsable<Schedule>
{
    public static Schedule Parse(string s, IFormatProvider? provider)
    {
        if (double.TryParse(s, CultureInfo.InvariantCulture, out double constant))
            return new Schedule("constant", constant);
        return s.StartsWith("geometric(", StringComparison.Ordinal) && s.EndsWith(')')
            ? new Schedule("geometric", double.Parse(s[10..^1].Split(',')[0], provider))
            : throw new FormatException("not a schedule");
    }

    public static bool TryParse(string? s, IFormatProvider? provider, out Schedule result) => throw new NotSupportedException();

    public override string ToString() => Name == "constant"
        ? Start.ToString("R", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"geometric({Start:R}, 0.005, 3000)");
}

[Options]
public sealed partial record InnerOptions
{
    [Range(Min = 0, ExclusiveMin = true)]
    public double LearningRate { get; init; } = 0.1;

    public Method Method { get; init; } = Method.BcHg;

    public Method? Fallback { get; init; }
}

[Options]
public sealed partial record SampleOptions
{
    /// <summary>What it is <c>called</c> &lt; by <see cref="Tags"/>,
    /// in two lines.</summary>
    public string Name { get; init; } = "run";

    public string? Note { get; init; }

    public bool Verbose { get; init; }

    [Range(Min = 1, Max = 64)]
    public int Threads { get; init; } = 1;

    public long Seed { get; init; }

    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double? Discount { get; init; }

    public InnerOptions Inner { get; init; } = new() { LearningRate = 0.5 };

    public Schedule StepSize { get; init; } = new("constant", 0.1);

    public Schedule[] Schedules { get; init; } = [];

    [Range(Min = 0)]
    public int[] Sizes { get; init; } = [1, 2];

    public IReadOnlyList<double> Rates { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = [];

    public Method[] Methods { get; init; } = [];

    [ItemLength(2)]
    public int[][] Cells { get; init; } = [[1, 9], [11, 11]];

    [Key("other.limit"), Range(Min = 0, OrInfinity = true)]
    public double Limit { get; init; } = double.PositiveInfinity;

    [Key("other.kept"), OnlyWith(nameof(Verbose), true), OnlyWith(nameof(Method), Method.BcHg, Not = true), OnlyWith(nameof(Tags))]
    public bool Kept { get; init; }

    public Method Method { get; init; }

    [OnlyInCode]
    public Action? Projection { get; init; }

    public int Computed => Threads * 2;
}

/// <summary>Binding and writing of any record of options.</summary>
internal static class StrictYaml
{
    public static T Bind<T>(string yaml, string source, IEnumerable<string> overrides)
        where T : class, IOptions<T>, new()
    {
        KeySpace keys = new();
        keys.Add("", T.Options);
        Setting[] settings = [.. Setting.Read(yaml, source), .. overrides.Select(Setting.Parse)];
        foreach (Setting setting in settings) keys.Require(setting);
        return new Binder(settings).Bind<T>();
    }

    public static string Write<T>(T options)
        where T : class, IOptions<T>, new() => NodeWriter.Write(Line.Of("", T.Options, options));
}
