using FsCheck;
using FsCheck.Fluent;

namespace FastHyper.Tests.Experiments.Configuration;

public class StrictYamlRoundTripTests
{
    private static Gen<T> Any<T>() => ArbMap.Default.GeneratorFor<T>();

    private static readonly Gen<double> Finite = Any<NormalFloat>().Select(x => x.Get);

    private static readonly Gen<string> AnyText = Gen.OneOf(
        Any<UnicodeString>().Select(s => s.Get ?? ""),
        Any<string>().Select(s => s ?? ""),
        Gen.Elements(
            "", "null", "~", "true", "No", "1e3", ".5", "-", "---", "a: b", "a #b", "- a", " a ", "a\r\nb\tc", "[x]", "\"'\\",
                "\u0085\u2028", "\U0001F600")).Where(s => !s.Any(char.IsSurrogate) || s == "\U0001F600");

    private static readonly Gen<InnerOptions> AnyInner =
        from rate in Finite
        from method in Gen.Elements(Enum.GetValues<Method>())
        from fallback in Any<bool>()
        select new InnerOptions { LearningRate = Math.Abs(rate) + double.Epsilon, Method = method, Fallback = fallback ? method : null };

    private static readonly Gen<SampleOptions> AnyOptions =
        from name in AnyText
        from tags in AnyText.ListOf()
        from note in Gen.OneOf(AnyText.Select(s => (string?)s), Gen.Constant((string?)null))
        from seed in Any<long>()
        from verbose in Any<bool>()
        from inner in AnyInner
        from rates in Finite.ListOf()
        from cells in Gen.Choose(-9, 9).ArrayOf(2).ArrayOf()
        from start in Finite
        select new SampleOptions
        {
            Name = name,
            Tags = [.. tags],
            Note = note,
            Seed = seed,
            Verbose = verbose,
            Inner = inner,
            Rates = [.. rates],
            Cells = cells,
            Discount = verbose ? 0.5 : null,
            StepSize = new Schedule("geometric", start),
            Schedules = [new("constant", start), new("geometric", start)],
            Methods = [inner.Method],
            Method = inner.Method,
            Limit = verbose ? 2 : double.PositiveInfinity,
        };

    [Fact]
    public void WhatIsWrittenBindsBack() => Prop.ForAll(AnyOptions.ToArbitrary(), options =>
    {
        string yaml = StrictYaml.Write(options);
        SampleOptions back = StrictYaml.Bind<SampleOptions>(yaml, "written", []);
        Assert.Equivalent(options, back, strict: true);
        Assert.Equal(yaml, StrictYaml.Write(back));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void TheWrittenFormIsReadable() => Assert.Equal(
        """
        name: run
        note: null
        verbose: false
        threads: 1
        seed: 0
        discount: null
        inner:
          learning_rate: 0.5
          method: bc-hg
          fallback: null
        step_size: geometric(0.1, 0.005, 3000)
        schedules: ['geometric(0.1, 0.005, 3000)', 2]
        sizes: [1, 2]
        rates: [1E-05, -0]
        tags: [a b, "null", "1"]
        methods: []
        cells: [[1, 9], [11, 11]]
        other:
          limit: null
        method: bc-hg

        """,
        StrictYaml.Write(new SampleOptions
        {
            StepSize = new("geometric", 0.1),
            Schedules = [new("geometric", 0.1), new("constant", 2)],
            Rates = [1e-5, -0.0],
            Tags = ["a b", "null", "1"],
        }),
        ignoreLineEndingDifferences: true);

    [Fact]
    public void AnOptionThatCannotBeReadBackIsNotWritten()
    {
        Assert.Equal(
            "rates[1]: value NaN, expected a finite number",
            Assert.Throws<InvalidInputException>(() => StrictYaml.Write(new SampleOptions { Rates = [1, double.NaN] })).Message);
        Assert.Equal(
            "methods[0]: value 7, expected a named Method",
            Assert.Throws<InvalidInputException>(() => StrictYaml.Write(new SampleOptions { Methods = [(Method)7] })).Message);
        Assert.Equal(
            "name: text with an unpaired surrogate",
            Assert.Throws<InvalidInputException>(() => StrictYaml.Write(new SampleOptions { Name = "a\ud800" })).Message);
    }
}
