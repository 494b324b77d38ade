using System.Text;
using FastHyper.Experiments;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Experiments.Runs;

/// <summary>
/// Folders of finished and of interrupted runs that were damaged or edited: either a resumed run ends with every byte of an undamaged one,
/// or it is refused in a line, and the folder is as it was.
/// </summary>
public sealed class RunDamageTests : IDisposable
{
    private const int Done = 6;
    private const int Wanted = 9;
    private readonly ScratchFolder _folder = new();
    private readonly SortedDictionary<string, byte[]> _finished;
    private readonly SortedDictionary<string, byte[]> _interrupted;
    private readonly SortedDictionary<string, byte[]> _whole;
    private int _folders;

    public RunDamageTests()
    {
        SmallRun.Begin(_folder["finished"], Done, SmallRun.Host());
        _finished = SmallRun.Files(_folder["finished"]);
        SmallRun.Begin(_folder["whole"], Wanted, SmallRun.Host());
        _whole = SmallRun.Files(_folder["whole"]);

        // Killed after the rows of its eighth iteration, before the checkpoint that counts on them.
        FaultyStore sound = FaultyStore.Sound();
        SmallRun.Begin(_folder["sound"], Wanted, SmallRun.Host(sound));
        int[] rows = [.. Enumerable.Range(0, sound.Steps.Count).Where(step => sound.Steps[step] is { Verb: "write", File: "metrics.csv" })];
        Assert.Equal(7, rows.Length);
        Assert.Throws<Killed>(() => SmallRun.Begin(_folder["interrupted"], Wanted, SmallRun.Host(FaultyStore.KilledAt(rows[^2] + 1))));
        _interrupted = SmallRun.Files(_folder["interrupted"]);
    }

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string, string> MetricsDamages => new()
    {
        { "rows amid are gone", "line 4 is of iteration 4, seed 1; expected 2, 1: rows are missing or changed", "-4 -5" },
        { "one row is gone", "line 5 is of iteration 4, seed 1; expected 2, 2: rows are missing or changed", "-5" },
        { "the last row is gone", "ends after", "-9" },
        { "a row is twice there", "line 5 is of iteration 2, seed 1; expected 2, 2: rows are missing or changed", "4+" },
        { "two rows have changed places", "line 4 is of iteration 2, seed 2; expected 2, 1: rows are missing or changed", "4x" },
        { "a row is no row", "line 5 is not a row of metrics", "5~" },
        { "an objective is another", "has changed since the run wrote it; expected the 8 rows up to the checkpoint's iteration 6 as they "
            + "were", "5=" },
    };

    [Theory]
    [MemberData(nameof(MetricsDamages))]
    public void MetricsThatAreNotThoseOfTheRun(string damage, string expected, string edit)
    {
        string[] lines = Encoding.UTF8.GetString(_finished["metrics.csv"]).TrimEnd('\n').Split('\n');
        Assert.Equal(9, lines.Length);
        List<string> edited = [.. lines];
        int at = int.Parse(edit.Trim('+', 'x', '~', '=', '-').Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) - 1;
        switch (edit[^1])
        {
            case '+': edited.Insert(at, lines[at]); break;
            case 'x': (edited[at], edited[at + 1]) = (edited[at + 1], edited[at]); break;
            case '~': edited[at] = edited[at].Replace(',', ';'); break;
            case '=': edited[at] = edited[at].Replace("0.1,0.1,", "0.1,0.1,1", StringComparison.Ordinal); break;
            default: edited.RemoveRange(at, edit.Count(c => c == '-')); break;
        }

        Assert.Contains(expected, Refusal(damage, With("metrics.csv", string.Join('\n', edited) + "\n")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("iteration", true, 8, "metrics.csv: has 8 rows; expected 10, of 2 leaders up to the checkpoint's iteration 8")]
    [InlineData(
        "iteration", false, 8,
            "checkpoint.npz: its arrays do not have the SHA-256 that it holds; expected a checkpoint as the run wrote it")]
    [InlineData("iteration", false, 5.5, "iteration = 5.5; expected a 64-bit integer")]
    [InlineData("iteration", true, -5, "checkpoint.npz: iteration is -5; expected one number from 0 to 4294967295")]
    [InlineData("iteration", false, 1e300, "iteration = 1E+300; expected a 64-bit integer")]
    [InlineData("seconds", true, double.PositiveInfinity, "checkpoint.npz: seconds is Infinity; expected one finite number, 0 or more")]
    [InlineData("seconds", true, double.NaN, "checkpoint.npz: seconds is NaN; expected one finite number, 0 or more")]
    [InlineData("seconds", true, -1, "checkpoint.npz: seconds is -1; expected one finite number, 0 or more")]
    [InlineData("seconds", false, 7, "checkpoint.npz: its arrays do not have the SHA-256 that it holds")]
    [InlineData("metrics_length", true, 1e12, "checkpoint.npz: metrics_length is 1000000000000; expected one number from 0 to 2147483647")]
    [InlineData("metrics_length", true, 0, "metrics.csv: line 1 is not the header of a metrics file")]
    [InlineData("config", false, 300, "checkpoint.npz: config[0] is 300; expected the bytes of a text, 0 to 255")]
    public void CheckpointsThatAreNotThoseOfTheRun(string array, bool seal, double value, string expected)
    {
        string folder = SmallRun.Put(Next(), _finished);
        StoredArrays.Edit(Path.Combine(folder, "checkpoint.npz"), array, seal, value);
        Assert.Contains(expected, Refusal(array, SmallRun.Files(folder)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("seed: 1\n", "seed: 2\n", "config.yaml: seed: 2; expected seed: 1, as when the run began")]
    [InlineData(
        "  learning_rate: 0.1\n", "  learning_rate: 0.3\n",
            "config.yaml: leader.learning_rate: 0.3; expected leader.learning_rate: 0.1, as when the run began")]
    [InlineData("record_every: 2\n", "record_every: 3\n", "config.yaml: record_every: 3; expected record_every: 2, as when the run began")]
    [InlineData("    step: 0.1\n", "    step: 0.2\n", "config.yaml: estimator.")]
    public void ConfigurationsThatAreNotThoseOfTheRun(string before, string after, string expected)
    {
        string text = Encoding.UTF8.GetString(_finished["config.yaml"]);
        int at = text.IndexOf(before, StringComparison.Ordinal);
        Assert.True(at >= 0, text);
        text = string.Concat(text.AsSpan(0, at), after, text.AsSpan(at + before.Length));
        Assert.Contains(expected, Refusal(after, With("config.yaml", text)), StringComparison.Ordinal);
    }

    /// <summary>How, how far and where from a run goes on may be edited; no less than what is done.</summary>
    [Fact]
    public void ConfigurationsMayGoFurther()
    {
        string text = Encoding.UTF8.GetString(_finished["config.yaml"])
            .Replace("iterations: 6", $"# further\niterations: {Wanted}", StringComparison.Ordinal)
            .Replace("threads: 1", "threads: 2", StringComparison.Ordinal);
        string folder = SmallRun.Put(Next(), With("config.yaml", text));
        SmallRun.Resume(folder, SmallRun.Host());
        Assert.Equal(_whole["metrics.csv"], SmallRun.Files(folder)["metrics.csv"]);

        folder = SmallRun.Put(Next(), _finished);
        string refused = Assert.Throws<InvalidInputException>(() => Run.Resume(folder, iterations: 5)).Message;
        Assert.Equal($"iterations: 5; expected at least 6, which {folder} has done", refused);
        SmallRun.AssertSame(_finished, SmallRun.Files(folder), "fewer iterations");
    }

    [Theory]
    [InlineData("metrics.csv", 1)]
    [InlineData("checkpoint.npz", 2)]
    [InlineData("config.yaml", 3)]
    [InlineData("summary.json", 4)]
    public void AnyDamage(string name, int seed)
    {
        int refused = 0, resumed = 0;
        for (int trial = 0; trial < 120; trial++)
        {
            SortedDictionary<string, byte[]> files = new(trial % 2 == 0 ? _finished : _interrupted, StringComparer.Ordinal);
            if (!files.ContainsKey(name)) continue;
            files[name] = Damages.Of(files[name], new Random((1000 * seed) + trial), trial);
            string folder = SmallRun.Put(Next(), files), when = $"{name}, trial {trial}";
            try
            {
                SmallRun.Resume(folder, SmallRun.Host(), Wanted);
            }
            catch (InvalidInputException e)
            {
                Assert.Single(e.Message.Split('\n', '\r'));
                SmallRun.AssertSame(files, SmallRun.Files(folder), $"{when}, {e.Message}");
                refused++;
                continue;
            }

            SortedDictionary<string, byte[]> ended = SmallRun.Files(folder);
            // What may be edited of a configuration is kept: comments, and how the run is computed, which checkpoints note.
            if (name == "config.yaml" && !ended[name].AsSpan().SequenceEqual(_whole[name]))
                (ended[name], ended["checkpoint.npz"]) = (_whole[name], _whole["checkpoint.npz"]);
            SmallRun.AssertSame(_whole, ended, when);
            resumed++;
        }

        // A summary is nothing that a run goes on from: it is written anew.
        Assert.True(name == "summary.json" ? refused == 0 : refused > 40, $"{refused} refused, {resumed} resumed");
    }

    /// <summary>The finished run with another text in one of its files.</summary>
    private SortedDictionary<string, byte[]> With(string name, string text) =>
        new(_finished, StringComparer.Ordinal) { [name] = Encoding.UTF8.GetBytes(text) };

    /// <summary>The line that refuses to resume the files, which stay as they are.</summary>
    private string Refusal(string when, SortedDictionary<string, byte[]> files)
    {
        string folder = SmallRun.Put(Next(), files);
        string line = Assert.Throws<InvalidInputException>(() => SmallRun.Resume(folder, SmallRun.Host(), Wanted)).Message;
        Assert.Single(line.Split('\n'));
        SmallRun.AssertSame(files, SmallRun.Files(folder), when);
        return line;
    }

    private string Next() => _folder[$"run {_folders++}"];
}
