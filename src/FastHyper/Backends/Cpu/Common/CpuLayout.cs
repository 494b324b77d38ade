namespace FastHyper.Backends.Cpu.Common;

/// <summary>
/// Where numbers stand in an engine's arrays: with p the position of state s, the state of instance i at
/// p·<see cref="Stride"/> + i, state–action at p·<see cref="RowState"/> + a·<see cref="RowAction"/> + i, and entry k at
/// k·<see cref="Stride"/> + i.
/// </summary>
/// <param name="Stride">Instances, rounded up to whole registers, and never a multiple of eight of them; 1 where lanes are states.</param>
/// <param name="RowState">Distance between states in a state–action array.</param>
/// <param name="RowAction">Distance between actions in a state–action array.</param>
/// <param name="StateCapacity">Numbers in a state array.</param>
/// <param name="RowCapacity">Numbers in a state–action array.</param>
/// <param name="Positions">Position of each state; null where states stand in their own order.</param>
internal readonly record struct CpuLayout(
    int Stride, long RowState, long RowAction, long StateCapacity, long RowCapacity, int[]? Positions = null)
{
    public static CpuLayout ForInstances(int states, int actions, int instances, int width)
    {
        int registers = (instances + width - 1) / width;
        // Eight lines, or a multiple, between states would leave most of a cache's places to no state at all.
        if (registers % 8 == 0) registers++;
        int stride = registers * width;
        return new(stride, (long)actions * stride, stride, (long)states * stride, (long)states * actions * stride);
    }

    public static CpuLayout ForStates(int states, int actions, int height, int[]? positions)
    {
        long padded = (states + height - 1L) / height * height;
        return new(1, 1, padded, padded, padded * actions, positions);
    }

    public int Position(int s) => Positions is null ? s : Positions[s];

    public long State(int s) => (long)Position(s) * Stride;

    public long Row(int s, int a) => (Position(s) * RowState) + (a * RowAction);

    /// <summary>Where state s of an array with so many numbers a state begins; they are <see cref="RowAction"/> apart.</summary>
    public long Row(int s, int a, int members) => (Position(s) * StateStep(members)) + (a * RowAction);

    /// <summary>Distance between states in an array with so many numbers a state.</summary>
    public long StateStep(int members) => RowState == 1 ? 1 : (long)members * Stride;
}
