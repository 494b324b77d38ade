using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>Affine maps from incentives to rewards, and back.</summary>
internal sealed partial class OpenClEngine
{
    private readonly VectorCache<int> _contexts;
    private readonly VectorCache<double> _weights;

    internal override DeviceAffineMap Prepare(IReadOnlyList<AffineMap> contexts, ArrayKind kind)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        int actions = kind == ArrayKind.LeaderAction ? RequireLeader() : Actions;
        int rows = States * actions;
        contexts = [.. contexts.Select(map => map.Tabulated(States, actions))];
        for (int c = 0; c < contexts.Count; c++)
        {
            AffineMap map = contexts[c];
            if (map.Constant.Length != rows && map.Constant.Length != States)
                throw new InvalidInputException(
                    $"affine map of context {c}: a constant of {map.Constant.Length} numbers; expected {rows} (states x actions) or "
                        + $"{States} (states)");
            if (!double.IsFinite(map.Scale))
                throw new InvalidInputException($"affine map of context {c}: a scale of {map.Scale}; expected a finite number");
            if (map.Matrix is SparseMatrix matrix && matrix.RowCount != rows && matrix.RowCount != States)
                throw new InvalidInputException(
                    $"affine map of context {c}: {matrix.RowCount} rows; expected {rows} (states x actions) or {States} (states)");
        }

        return Own(DeviceMemories.AllOrNothing(Queue, memories => new OpenClAffineMap(memories, kind, contexts, States, actions)));
    }

    internal override void Affine(DeviceAffineMap map, ReadOnlySpan<int> contexts, DeviceArray y, DeviceArray target)
    {
        OpenClAffineMap own = CheckMap(map, contexts, y);
        DeviceMemory from = Read(y, ArrayKind.Parameter), to = Written(target, own.Kind);
        Queue.Run(WithMap("affine", own, contexts).With(from).With(to), Values, own.Actions);
    }

    internal override void AffinePullback(
        DeviceAffineMap map, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, DeviceArray cotangent, DeviceArray dy)
    {
        OpenClAffineMap own = CheckMap(map, contexts, dy);
        RequireLength(weights.Length, Instances, "weights", "instance");
        DeviceMemory rows = Read(cotangent, own.Kind), to = Written(dy, ArrayKind.Parameter);
        ulong count = Count(dy);
        Queue.Run(WithMap("affine_pullback", own, contexts).With(_weights.Set(weights)).With(rows).With(count).With(to), (long)count);
    }

    private OpenClKernel WithMap(string name, OpenClAffineMap map, ReadOnlySpan<int> contexts) => Kernel("parameters", name)
        .With(States).With(map.Actions).With(Instances).With(Leaders).With(Options.InstancesPerLeader)
        .With(_contexts.Set(contexts)).With(map.Table).With(map.Scales).With(map.Constants).With(map.Offsets).With(map.Indices).With(
            map.Entries);

    private OpenClAffineMap CheckMap(DeviceAffineMap map, ReadOnlySpan<int> contexts, DeviceArray y)
    {
        RequireLength(contexts.Length, Instances, "contexts", "instance");
        if (map is not OpenClAffineMap own || own.Queue != Queue) throw new ArgumentException("an affine map of another engine");
        if (y.Length < own.InputLength)
            throw new ArgumentException($"incentives of length {y.Length}; expected at least {map.InputLength}, as the affine map needs");
        foreach (int context in contexts)
            if ((uint)context >= (uint)own.Count) throw new ArgumentException($"context {context}; expected 0 to {own.Count - 1}");
        return own;
    }
}
