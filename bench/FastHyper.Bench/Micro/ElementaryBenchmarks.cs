using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Bench.Micro;

/// <summary>exp and log over 1024 numbers, by lane width and precision; System.Numerics.Tensors beside them.</summary>
[GenericTypeArguments(typeof(double))]
[GenericTypeArguments(typeof(float))]
public unsafe class ElementaryBenchmarks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Length = 1024;
    private readonly NativeArray<T> _memory = new(2 * Length);

    [Params(64, 256, 512)]
    public int LaneBits { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        for (int i = 0; i < Length; i++) _memory.Pointer[i] = T.CreateTruncating(0.001 * (i + 1));
    }

    [Benchmark(OperationsPerInvoke = Length)]
    public void Exp() => Run(exp: true);

    [Benchmark(OperationsPerInvoke = Length)]
    public void Log() => Run(exp: false);

    [Benchmark(OperationsPerInvoke = Length)]
    public void TensorsExp() =>
        TensorPrimitives.Exp<T>(new ReadOnlySpan<T>(_memory.Pointer, Length), new Span<T>(_memory.Pointer + Length, Length));

    [GlobalCleanup]
    public void Cleanup() => _memory.Dispose();

    private void Run(bool exp)
    {
        switch (LaneBits)
        {
            case 64: Run<Lane1<T>>(exp); break;
            case 256: Run<Lane256<T>>(exp); break;
            default: Run<Lane512<T>>(exp); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Run<TLane>(bool exp)
        where TLane : unmanaged, ILane<TLane, T>
    {
        T* p = _memory.Pointer;
        if (exp)
            for (int i = 0; i < Length; i += TLane.Width) TLane.Store(p + Length + i, Elementary.Exp<TLane, T>(TLane.Load(p + i)));
        else
            for (int i = 0; i < Length; i += TLane.Width) TLane.Store(p + Length + i, Elementary.Log<TLane, T>(TLane.Load(p + i)));
    }
}
