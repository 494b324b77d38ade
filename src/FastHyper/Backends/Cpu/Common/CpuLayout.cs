namespace FastHyper.Backends.Cpu.Common;

/// <summary>
/// Where numbers stand in an engine's arrays: state s of instance i at s·<see cref="Stride"/> + i, state–action at
/// s·<see cref="RowState"/> + a·<see cref="RowAction"/> + i, entry k at k·<see cref="Stride"/> + i.
/// </summary>
/// <param name="Stride">Instances, rounded up to whole lanes; 1 where lanes are states.</param>
/// <param name="RowState">Distance between states in a state–action array.</param>
/// <param name="RowAction">Distance between actions in a state–action array.</param>
/// <param name="StateCapacity">Numbers in a state array.</param>
/// <param name="RowCapacity">Numbers in a state–action array.</param>
internal readonly record struct CpuLayout(int Stride, long RowState, long RowAction, long StateCapacity, long RowCapacity)
{
    public static CpuLayout ForInstances(int states, int actions, int instances, int width)
    {
        int stride = (instances + width - 1) / width * width;
        return new(stride, (long)actions * stride, stride, (long)states * stride, (long)states * actions * stride);
    }

    public static CpuLayout ForStates(int states, int actions, int height)
    {
        long padded = (states + height - 1L) / height * height;
        return new(1, 1, padded, padded, padded * actions);
    }

    /// <summary>Where state s and action a of the first instance stand.</summary>
    public long Row(int s, int a) => (s * RowState) + (a * RowAction);

    /// <summary>Distance between states in an array with so many numbers a state, which are <see cref="RowAction"/> apart.</summary>
    public long StateStep(int members) => RowState == 1 ? 1 : (long)members * Stride;
}
