namespace FastHyper.Tests.Experiments.Configuration;

public class StrictYamlTests
{
    private static SampleOptions Bind(string yaml, params string[] overrides) =>
        StrictYaml.Bind<SampleOptions>(yaml, "run.yaml", overrides);

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    [InlineData("{}")]
    public void NothingGivenKeepsTheDefaults(string yaml) =>
        Assert.Equal(StrictYaml.Write(new SampleOptions()), StrictYaml.Write(Bind(yaml)));

    [Fact]
    public void EveryTypeBinds()
    {
        SampleOptions o = Bind("""
            name: "two\nlines"
            note: ~
            verbose: true
            threads: 8
            seed: 9000000000
            discount: .5
            inner:
              method: hyper-grad
              fallback: plain-ac
            step_size: geometric(0.1, 0.005, 3000)
            schedules: [0.25, "geometric(2, 1, 3)"]
            sizes: [3, 4]
            rates: [1, 2.5e1, -.5]
            tags: [a, 'null', 12]
            methods: [bc-hg]
            cells: [[1, 2]]
            other: {limit: 3}
            """);
        Assert.Equal(("two\nlines", null, true, 8, 9000000000L, 0.5), (o.Name, o.Note, o.Verbose, o.Threads, o.Seed, o.Discount));
        Assert.Equal((0.5, Method.HyperGrad, Method.PlainAC), (o.Inner.LearningRate, o.Inner.Method, o.Inner.Fallback));
        Assert.Equal(3, o.Limit);
        Assert.Equal(new Schedule("geometric", 0.1), o.StepSize);
        Assert.Equal([new Schedule("constant", 0.25), new Schedule("geometric", 2)], o.Schedules);
        Assert.Equal([3, 4], o.Sizes);
        Assert.Equal([1, 25, -0.5], o.Rates);
        Assert.Equal(["a", "null", "12"], o.Tags);
        Assert.Equal([Method.BcHg], o.Methods);
        Assert.Equal([[1, 2]], o.Cells);
    }

    [Theory]
    [InlineData("threads: 1e1", 10, 0)]
    [InlineData("threads: 8.0", 8, 0)]
    [InlineData("seed: 9.007199254740993e15", 1, 9007199254740993)]
    [InlineData("seed: -9223372036854775808", 1, long.MinValue)]
    public void IntegersMayBeWrittenAsNumbers(string yaml, int threads, long seed) =>
        Assert.Equal((threads, seed), (Bind(yaml).Threads, Bind(yaml).Seed));

    [Fact]
    public void OverridesComeAfterTheFileInTurn()
    {
        SampleOptions o = Bind(
            "threads: 2\ninner: {learning_rate: 2}",
            "threads=3", "threads=4", "inner.method=hyper-grad", "cells=[[5, 6]]", "name=a=b", "note=", "step_size=geometric(1, 2, 3)");
        Assert.Equal((4, 2.0, Method.HyperGrad, "a=b", null), (o.Threads, o.Inner.LearningRate, o.Inner.Method, o.Name, o.Note));
        Assert.Equal([[5, 6]], o.Cells);
        Assert.Equal(new Schedule("geometric", 1), o.StepSize);
    }

    [Theory]
    [InlineData(
        "nam: x",
            "nam: unknown key (run.yaml line 1), did you mean name?; keys of top level: name, note, verbose, threads, seed, discount, "
            + "inner, step_size, schedules, sizes, rates, tags, methods, cells, other, method")]
    [InlineData(
        "\ninner:\n  learningRate: 1",
            "inner.learningRate: unknown key (run.yaml line 3), did you mean learning_rate?; keys of inner: learning_rate, method, "
            + "fallback")]
    [InlineData("computed: 1", "computed: unknown key")]
    [InlineData("threads: 1\nseed: 2\nthreads: 1", "threads: duplicate key, first at run.yaml line 1 (run.yaml line 3)")]
    [InlineData("threads: 1.5", "threads: value 1.5 (run.yaml line 1), expected an integer in [1, 64]")]
    [InlineData("threads: 3000000000", "expected an integer in [1, 64]")]
    [InlineData("threads: '3'", "threads: value \"3\" (run.yaml line 1), expected an integer")]
    [InlineData("threads:", "threads: value null (run.yaml line 1), expected an integer")]
    [InlineData("seed: 1.5e0", "seed: value 1.5e0 (run.yaml line 1), expected an integer from -9223372036854775808")]
    [InlineData("seed: 1e20", "expected an integer from -9223372036854775808 to 9223372036854775807, and at most 9223372036854775807")]
    [InlineData(
        "sizes: [3000000000]", "sizes[0]: value 3000000000 (run.yaml line 1), expected an integer of at least 0, and at most 2147483647")]
    [InlineData("verbose: yes", "verbose: value yes (run.yaml line 1), expected true or false")]
    [InlineData("name: [a]", "name: value a list of 1 (run.yaml line 1), expected text")]
    [InlineData("name: null", "name: value null (run.yaml line 1), expected text")]
    [InlineData("discount: .nan", "discount: value .nan (run.yaml line 1), expected a number in [0, 1)")]
    [InlineData("discount: NaN", "expected a number in [0, 1)")]
    [InlineData("rates: [1, inf]", "rates[1]: value inf (run.yaml line 1), expected a finite number")]
    [InlineData("rates: [Infinity]", "expected a finite number")]
    [InlineData("rates: [-.inf]", "expected a finite number")]
    [InlineData("rates: [1e400]", "expected a finite number")]
    [InlineData("rates: [\"1\"]", "expected a finite number")]
    [InlineData("rates: 1", "rates: value 1 (run.yaml line 1), expected a list")]
    [InlineData("inner: 3", "inner: value 3 (run.yaml line 1), expected a section")]
    [InlineData("inner:", "inner: value null (run.yaml line 1), expected a section")]
    [InlineData(
        "inner: {method: bchg}",
            "inner.method: value bchg (run.yaml line 1), expected one of bc-hg, hyper-grad, plain-ac, did you mean bc-hg?")]
    [InlineData("inner: {method: 0}", "expected one of bc-hg, hyper-grad, plain-ac")]
    [InlineData("step_size: fast", "step_size: value fast (run.yaml line 1), expected a scalar (schedule): not a schedule")]
    [InlineData("step_size: {a: 1}", "step_size: value a section (run.yaml line 1), expected a scalar (schedule)")]
    [InlineData(
        "cells:\n- [1, 2]\n- [3]",
            "cells[1]: value a list of 1 (run.yaml line 3), expected a list of 2: an integer from -2147483648 to 2147483647 each")]
    [InlineData("cells: [[1, x]]", "cells[0][1]: value x")]
    [InlineData("- 1", "top level: value a list of 1 (run.yaml line 1), expected a section")]
    [InlineData("inner: {learning_rate: -1}", "inner.learning_rate: value -1 (run.yaml line 1), expected a finite number above 0")]
    [InlineData("inner: {learning_rate: 0}", "inner.learning_rate: value 0 (run.yaml line 1), expected a finite number above 0")]
    [InlineData("threads: 65", "threads: value 65 (run.yaml line 1), expected an integer in [1, 64]")]
    [InlineData("discount: 1", "discount: value 1 (run.yaml line 1), expected a number in [0, 1)")]
    [InlineData("sizes: [1, -1]", "sizes[1]: value -1 (run.yaml line 1), expected an integer of at least 0")]
    [InlineData("name: &a x\nnote: *a", "name: anchors and aliases are not allowed (run.yaml line 1)")]
    [InlineData("note: *a", "anchors and aliases are not allowed")]
    [InlineData("&a name: x", "anchors and aliases are not allowed")]
    [InlineData("threads: !!int 3", "threads: tags are not allowed (run.yaml line 1)")]
    [InlineData("inner: !x {}", "inner: tags are not allowed")]
    [InlineData("name: ! x", "name: tags are not allowed")]
    [InlineData("name: a\n---\nname: b", "top level: more than one document (run.yaml line 2)")]
    [InlineData("[a]: 1", "top level: a key must be a scalar (run.yaml line 1)")]
    [InlineData("name: a\nsizes: [1, 2\nseed: 3", "run.yaml line 2, column 10: invalid YAML: malformed text after this point")]
    [InlineData("name: 'a\n", ": invalid YAML: ")]
    [InlineData("name: a: b", "run.yaml line 1, column 8: invalid YAML: ")]
    public void TheFileIsRefused(string yaml, string message) => Refused(message, yaml);

    [Theory]
    [InlineData("threads", "override threads: expected key.path=value")]
    [InlineData("=3", "override =3: expected key.path=value")]
    [InlineData("thread=3", "thread: unknown key (override thread=3), did you mean threads?")]
    [InlineData("inner.rate=3", "inner.rate: unknown key (override inner.rate=3)")]
    [InlineData("threads.x=3", "threads: value a section (override threads.x=3), expected an integer in [1, 64]")]
    [InlineData(
        "inner.learning_rate=-1", "inner.learning_rate: value -1 (override inner.learning_rate=-1), expected a finite number above 0")]
    [InlineData("inner={}", "inner: value a section (override inner={}), expected a scalar or a list in brackets")]
    [InlineData("sizes=- 1", "expected a scalar or a list in brackets")]
    [InlineData("sizes=[1", "override sizes=[1: invalid YAML: ")]
    [InlineData("name=!x a", "name: tags are not allowed (override name=!x a)")]
    [InlineData("threads=", "threads: value null (override threads=), expected an integer")]
    public void TheOverrideIsRefused(string assignment, string message) => Refused(message, "", assignment);

    [Fact]
    public void DepthAndSizeAreBounded()
    {
        Refused("nested more than 32 deep", "sizes: " + new string('[', 100_000));
        Refused("nested more than 32 deep", string.Concat(Enumerable.Range(0, 500).Select(i => new string(' ', i) + "a:\n")));
        Refused("run.yaml: 1048577 characters, expected at most 1048576", new string('#', (1 << 20) + 1));
    }

    [Fact]
    public void RefusalsStayShortAndOnOneLine()
    {
        string message = Refused("threads: value ", $"threads: \"a\\n\\r\\u2028{new string('x', 5000)}\"");
        Assert.True(message.Length < 300, message);
        Refused("unknown key", $"? {new string('x', 500_000)}\n: 1");
    }

    [Fact]
    public void AnyTextIsBoundOrRefused()
    {
        string[] pieces = [
            "name", "inner", "sizes", ": ", ":", "\n", "  ", "\t", "[", "]", "{", "}", ",", "- ", "? ", "|", ">", "'", "\"", "\\", "&a",
                "*a", "!", "!!", "%", "%YAML 1.2", "---", "...", "#", "@", "`", "1", "~", "\0", "\ud800", "\ufeff", "\u0085", "<<"];
        var random = new Random(1);
        for (int i = 0; i < 10_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => pieces[random.Next(pieces.Length)]));
            try
            {
                Bind(text, $"name={text}");
            }
            catch (InvalidInputException e)
            {
                Assert.DoesNotContain(e.Message, char.IsControl);
            }
        }
    }

    [Fact]
    public void TheRecordSaysWhatItsOptionsAre()
    {
        Dictionary<string, Option> options = ((IOptions)new SampleOptions()).Listed.ToDictionary(option => option.Key);
        Assert.Equal("What it is called < by tags, in two lines.", options["name"].Meaning);
        Assert.DoesNotContain("projection", options.Keys);
        Assert.DoesNotContain("computed", options.Keys);
        SampleOptions some = new() { Verbose = true, Tags = ["a"], Method = Method.PlainAC };
        Option kept = options["other.kept"];
        Assert.True(kept.Counts(some));
        Assert.False(kept.Counts(some with { Verbose = false }));
        Assert.False(kept.Counts(some with { Tags = [] }));
        Assert.False(kept.Counts(some with { Method = Method.BcHg }));
        Assert.Equal(2.0, options["inner.learning_rate"].Of(options["inner.learning_rate"].With(some, 2.0)));
    }

    private static string Refused(string message, string yaml, params string[] overrides)
    {
        string actual = Assert.Throws<InvalidInputException>(() => Bind(yaml, overrides)).Message;
        Assert.Contains(message, actual, StringComparison.Ordinal);
        Assert.DoesNotContain(actual, c => char.IsControl(c) || c is '\u2028' or '\u2029');
        return actual;
    }
}
