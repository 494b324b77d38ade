using FastHyper.Experiments;

namespace FastHyper.Tests.Experiments.Runs;

/// <summary>
/// A run whose process is killed, or whose disk is full, at any point of what it writes: its folder is one that can be gone on with, by
/// --resume or, before the first checkpoint, by --out, and ends with every byte of an uninterrupted run.
/// </summary>
public sealed class RunFaultTests : IDisposable
{
    private const int Iterations = 3;
    private readonly ScratchFolder _folder = new();
    private readonly SortedDictionary<string, byte[]> _whole;
    private int _folders;

    public RunFaultTests()
    {
        SmallRun.Begin(_folder["whole"], Iterations, SmallRun.Host());
        _whole = SmallRun.Files(_folder["whole"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void KilledAtAnyStep()
    {
        FaultyStore sound = FaultyStore.Sound();
        SmallRun.Begin(Next(), Iterations, SmallRun.Host(sound));
        int unbegun = 0;
        foreach (int step in Points(sound.Steps))
        {
            string folder = Next(), when = $"killed at step {step}, {sound.Steps[step]}";
            Assert.Throws<Killed>(() => SmallRun.Begin(folder, Iterations, SmallRun.Host(FaultyStore.KilledAt(step))));
            SortedDictionary<string, byte[]> left = SmallRun.Files(folder);
            if (!left.ContainsKey("checkpoint.npz"))
            {
                string anew = SmallRun.Put(Next(), left);
                SmallRun.Begin(anew, Iterations, SmallRun.Host());
                SmallRun.AssertSame(_whole, SmallRun.Files(anew), $"{when}, begun anew");
                unbegun++;
                if (!left.ContainsKey("config.yaml"))
                {
                    string refused = Assert.Throws<InvalidInputException>(() => SmallRun.Resume(folder, SmallRun.Host())).Message;
                    Assert.EndsWith("this one's was stopped before it wrote any: --out begins it anew", refused, StringComparison.Ordinal);
                    continue;
                }
            }

            SmallRun.Resume(folder, SmallRun.Host());
            SmallRun.AssertSame(_whole, SmallRun.Files(folder), $"{when}, resumed");
        }

        Assert.True(unbegun > 10, $"{unbegun} kills before the first checkpoint");
    }

    /// <summary>
    /// Resuming writes, too: it takes away what killed writers left, and the rows of a last iteration that is in the way of more.
    /// </summary>
    [Fact]
    public void KilledAgainAsItGoesFurther()
    {
        SmallRun.Begin(_folder["further"], 2 * Iterations, SmallRun.Host());
        SortedDictionary<string, byte[]> further = SmallRun.Files(_folder["further"]), left = new(_whole, StringComparer.Ordinal)
        {
            ["checkpoint.npz.abc.tmp"] = [1, 2],
            ["report.html.tmp"] = [],
        };
        left["metrics.csv"] = [.. left["metrics.csv"], .. "4,1,0.1,0."u8];
        FaultyStore sound = FaultyStore.Sound();
        SmallRun.Resume(SmallRun.Put(Next(), left), SmallRun.Host(sound), 2 * Iterations);
        int[] points = [.. Points(sound.Steps)];
        Assert.Contains(points, step => sound.Steps[step].Verb == "truncate");
        foreach (int step in points)
        {
            string folder = SmallRun.Put(Next(), left);
            Assert.Throws<Killed>(() => SmallRun.Resume(folder, SmallRun.Host(FaultyStore.KilledAt(step)), 2 * Iterations));
            SmallRun.Resume(folder, SmallRun.Host(), 2 * Iterations);
            SmallRun.AssertSame(further, SmallRun.Files(folder), $"killed again at step {step}, {sound.Steps[step]}");
        }
    }

    [Fact]
    public void AFullDiskAtAnyByte()
    {
        FaultyStore sound = FaultyStore.Sound();
        SmallRun.Begin(Next(), Iterations, SmallRun.Host(sound));
        int kept = 0;
        foreach (long bytes in Sizes(sound.Steps))
        {
            string folder = Next(), when = $"full after {bytes} of {sound.Written} bytes";
            Assert.Throws<IOException>(() => SmallRun.Begin(folder, Iterations, SmallRun.Host(FaultyStore.FullAfter(bytes))));
            if (!Directory.Exists(folder))
            {
                // Before the first checkpoint nothing is left, and the same command does it.
                SmallRun.Begin(folder, Iterations, SmallRun.Host());
            }
            else
            {
                Assert.DoesNotContain(SmallRun.Files(folder).Keys, name => name.EndsWith(".tmp", StringComparison.Ordinal));
                SmallRun.Resume(folder, SmallRun.Host());
                kept++;
            }

            SmallRun.AssertSame(_whole, SmallRun.Files(folder), when);
        }

        Assert.True(kept > 20, $"{kept} runs left something");
    }

    /// <summary>So must one that has nobody left to step: no follower is solved again.</summary>
    [Fact]
    public void TheSummaryOfARunThatHasDivergedIsTheSame()
    {
        string[] settings = ["leader.optimizer=sgd", "leader.gradient_clip=null", "leader.learning_rate=1e300"];
        RunSummary lost = SmallRun.Begin(_folder["lost"], Iterations, SmallRun.Host(), settings);
        Assert.Equal((0, 2), (lost.Finished, lost.Diverged.Count));
        Assert.NotEmpty(lost.SolvedBy);
        SortedDictionary<string, byte[]> files = SmallRun.Files(_folder["lost"]);
        SmallRun.Resume(_folder["lost"], SmallRun.Host());
        SmallRun.AssertSame(files, SmallRun.Files(_folder["lost"]), "resumed");
    }

    /// <summary>
    /// The methods that solved the followers last are part of a summary: a run that has only that left to write must remember them.
    /// </summary>
    [Fact]
    public void ASummaryThatWasNotWrittenIsTheSame()
    {
        foreach (string name in (string[])["summary.json", "report.html", "figure.svg"]) File.Delete(Path.Combine(_folder["whole"], name));
        RunSummary summary = SmallRun.Resume(_folder["whole"], SmallRun.Host());
        Assert.NotEmpty(summary.SolvedBy);
        SmallRun.AssertSame(_whole, SmallRun.Files(_folder["whole"]), "resumed for its summary");
    }

    /// <summary>Every step but most of the writes of checkpoints, which are many alike.</summary>
    private static IEnumerable<int> Points(List<DiskStep> steps) =>
        from step in Enumerable.Range(0, steps.Count)
        where steps[step].Verb != "write" || !steps[step].File.StartsWith("checkpoint", StringComparison.Ordinal) || step % 17 == 0
        select step;

    /// <summary>Before each file's first byte, after it, amid it, and before its last one.</summary>
    private static SortedSet<long> Sizes(List<DiskStep> steps)
    {
        SortedSet<long> sizes = [];
        long written = 0;
        string file = "";
        foreach (DiskStep step in steps.Where(step => step.Bytes > 0))
        {
            if (step.File != file || written % 11 == 0)
                sizes.UnionWith([written, written + 1, written + (step.Bytes / 2), written + step.Bytes - 1]);
            file = step.File;
            written += step.Bytes;
        }

        return sizes;
    }

    private string Next() => _folder[$"run {_folders++}"];
}
