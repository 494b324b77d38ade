using System.Numerics;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Tests.Backends.Cpu.Lanes;

/// <summary>Every lane operation run over arrays, register by register.</summary>
internal static unsafe class LaneRun
{
    private delegate TLane Binary<TLane>(TLane a, TLane b);

    /// <summary>Results by operation; the same names for every width.</summary>
    public static Dictionary<string, T[]> Operations<TLane, T>(T[] a, T[] b)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Dictionary<string, Binary<TLane>> operations = new()
        {
            ["add"] = (x, y) => x + y,
            ["subtract"] = (x, y) => x - y,
            ["multiply"] = (x, y) => x * y,
            ["divide"] = (x, y) => x / y,
            ["multiply-add"] = (x, y) => TLane.MultiplyAdd(x, y, x),
            ["max"] = TLane.Max,
            ["min"] = TLane.Min,
            ["abs"] = (x, _) => TLane.Abs(x),
            ["greater"] = TLane.Greater,
            ["select"] = (x, y) => TLane.Select(TLane.Greater(x, y), TLane.Constant(2.5), y),
            ["constant"] = (x, _) => TLane.Constant(1.0 / 3) + (x - x),
            ["exp"] = (x, _) => Elementary.Exp<TLane, T>(x),
            ["log"] = (x, _) => Elementary.Log<TLane, T>(TLane.Abs(x)),
        };
        return operations.ToDictionary(o => o.Key, o => Apply<TLane, T>(o.Value, a, b));
    }

    public static T[] Exp<TLane, T>(T[] x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Apply<TLane, T>((a, _) => Elementary.Exp<TLane, T>(a), x, x);

    public static T[] Log<TLane, T>(T[] x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Apply<TLane, T>((a, _) => Elementary.Log<TLane, T>(a), x, x);

    public static T[] Gather<TLane, T>(T[] from, int[] indices)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] to = new T[indices.Length];
        fixed (T* f = from, t = to)
        fixed (int* at = indices)
            for (int i = 0; i < to.Length; i += TLane.Width) TLane.Store(t + i, TLane.Gather(f, at + i));
        return to;
    }

    private static T[] Apply<TLane, T>(Binary<TLane> operation, T[] a, T[] b)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] to = new T[a.Length];
        fixed (T* x = a, y = b, t = to)
            for (int i = 0; i < to.Length; i += TLane.Width) TLane.Store(t + i, operation(TLane.Load(x + i), TLane.Load(y + i)));
        return to;
    }
}
