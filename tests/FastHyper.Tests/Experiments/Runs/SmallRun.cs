using FastHyper.Experiments;
using FastHyper.Files;

namespace FastHyper.Tests.Experiments.Runs;

/// <summary>A clock that stands still: runs of the same iterations leave the same bytes.</summary>
internal sealed class FrozenClock : TimeProvider
{
    public override long GetTimestamp() => 0;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
}

/// <summary>A run of hundredths of a second, with checkpoints after each iteration, that leaves the same bytes each time.</summary>
internal static class SmallRun
{
    public static readonly string[] Settings =
    [
        "seeds=2", "record_every=2", "threads=1", "backend=cpu", "random.states=5", "random.actions=2", "random.successors=2",
        "random.gamma=0.8", "random.parameters=3", "estimator.steps=10", "leader.optimizer=adam",
    ];

    /// <summary>A machine without faults but those of the store.</summary>
    public static RunHost Host(FileStore? store = null) =>
        new() { Store = store ?? FileStore.Disk, Clock = new FrozenClock(), CheckpointInterval = TimeSpan.Zero };

    public static RunConfig Config(int iterations, params string[] settings) =>
        ConfigFile.Resolve("random", [.. Settings, $"iterations={iterations}", .. settings]);

    public static RunSummary Begin(string folder, int iterations, RunHost host, params string[] settings)
    {
        using Run run = Run.Begin(Config(iterations, settings), folder, host);
        return run.Execute(null, CancellationToken.None);
    }

    public static RunSummary Resume(string folder, RunHost host, long? iterations = null)
    {
        using Run run = Run.Resume(folder, host, iterations);
        return run.Execute(null, CancellationToken.None);
    }

    /// <summary>The files of a folder, with their bytes.</summary>
    public static SortedDictionary<string, byte[]> Files(string folder) =>
        new(Directory.GetFiles(folder).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes), StringComparer.Ordinal);

    /// <summary>A folder of these files.</summary>
    public static string Put(string folder, IReadOnlyDictionary<string, byte[]> files)
    {
        Directory.CreateDirectory(folder);
        foreach ((string name, byte[] bytes) in files) File.WriteAllBytes(Path.Combine(folder, name), bytes);
        return folder;
    }

    /// <summary>Requires the same files with the same bytes.</summary>
    public static void AssertSame(IReadOnlyDictionary<string, byte[]> expected, IReadOnlyDictionary<string, byte[]> actual, string when)
    {
        Assert.True(expected.Keys.SequenceEqual(actual.Keys), $"{when}: {string.Join(", ", actual.Keys)}");
        foreach ((string name, byte[] bytes) in expected)
            Assert.True(bytes.AsSpan().SequenceEqual(actual[name]), $"{when}: {name} has other bytes");
    }
}
