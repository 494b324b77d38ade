using FastHyper.Files;

namespace FastHyper.Experiments;

/// <summary>What a run is at the mercy of: the disk, the clock, and how long it waits. Tests have others.</summary>
internal sealed record RunHost
{
    /// <summary>The disk and the clock of this machine.</summary>
    public static RunHost Default { get; } = new();

    /// <summary>Where files are written.</summary>
    public FileStore Store { get; init; } = FileStore.Disk;

    /// <summary>What time it is.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Time between two checkpoints at the least; iterations that outlast <see cref="Grace"/> may have one each.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a run that is asked to stop goes on with what it is at, to end a whole iteration, before it drops that.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);
}
