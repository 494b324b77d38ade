using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Bench;

/// <summary>What the machine can do at best: loops that do one thing and nothing else.</summary>
internal sealed unsafe class MachineLimits : IDisposable
{
    /// <summary>Numbers that the exp loop goes over: 8 KiB of float64 in, 8 KiB out, within a first-level cache.</summary>
    public const int ExpLength = 1024;

    /// <summary>Passes of the exp loop in one block of work.</summary>
    public const int ExpPasses = 256;

    private const int BlocksRead = 64;
    private const long WordsInBlock = 1 << 17;
    private readonly NativeArray<ulong> _memory;

    // For each thread what exp reads and writes, or the sums of the other loops; kept, for timed code does not allocate.
    private readonly NativeArray<double> _small = new(4L * ExpLength * Math.Max(2, Environment.ProcessorCount));
    private long _part;

    /// <summary>Allocates the array that is read, well beyond any cache.</summary>
    public MachineLimits(long bytes)
    {
        _memory = new NativeArray<ulong>(bytes / sizeof(ulong) / WordsInBlock * WordsInBlock);
        new Span<ulong>(_memory.Pointer, checked((int)_memory.Length)).Fill(1);
    }

    /// <summary>Bytes that one call of <see cref="Read"/> reads: a part of the array, the next one each time.</summary>
    public static long BytesRead => BlocksRead * WordsInBlock * sizeof(ulong);

    /// <summary>Name of the processor.</summary>
    public static string Processor =>
        (File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1] : null)
        ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown processor";

    /// <summary>A vectorised sum over the next part of the array.</summary>
    public void Read(ThreadTeam team)
    {
        ulong* sums = stackalloc ulong[8 * team.Size];
        ReadKernel kernel =
            new()
            {
                From = _memory.Pointer + (_part++ % (_memory.Length / (BlocksRead * WordsInBlock)) * BlocksRead * WordsInBlock),
                Sums = sums,
            };
        team.Run(ref kernel, BlocksRead);
    }

    /// <summary>exp of <see cref="ExpLength"/> × <see cref="ExpPasses"/> numbers for each of <paramref name="blocks"/>.</summary>
    public void Exp<T>(ThreadTeam team, int laneBits, int blocks)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        switch (laneBits)
        {
            case 64: Exp<Lane1<T>, T>(team, blocks); break;
            case 256: Exp<Lane256<T>, T>(team, blocks); break;
            default: Exp<Lane512<T>, T>(team, blocks); break;
        }
    }

    /// <summary>
    /// Sums of rows of gathered numbers: columns stream by, one lane a row, and nothing else is loaded; by the lanes
    /// that the sweep gathers with.
    /// </summary>
    public void Gather<T>(ThreadTeam team, int laneBits, NativeArray<int> columns, NativeArray<T> from)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        switch (laneBits)
        {
            case 64: Gather<Lane1<T>, T>(team, columns, from); break;
            case 256: Gather<Lane256<T>, T>(team, columns, from); break;
            default: Gather<Lane512<T>, T>(team, columns, from); break;
        }
    }

    /// <summary>Multiplications that one call of <see cref="MultiplyAdds"/> does.</summary>
    public static double MultiplyAddsDone(ThreadTeam team) =>
        (double)MultiplyAddKernel.Passes * MultiplyAddKernel.Chains * Vector512<double>.Count * 4 * team.Size;

    /// <summary>Multiplications with additions in float64 that wait for nothing but themselves, in the widest registers.</summary>
    public void MultiplyAdds(ThreadTeam team)
    {
        MultiplyAddKernel kernel = new() { Sums = _small.Pointer };
        team.Run(ref kernel, 4 * team.Size);
    }

    public void Dispose()
    {
        _memory.Dispose();
        _small.Dispose();
    }

    private void Exp<TLane, T>(ThreadTeam team, int blocks)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T* memory = (T*)_small.Pointer;
        for (int i = 0; i < 2 * ExpLength * team.Size; i++) memory[i] = T.CreateTruncating(-(i % ExpLength) * 0.01);
        ExpKernel<TLane, T> kernel = new() { Memory = memory };
        team.Run(ref kernel, blocks);
    }

    private void Gather<TLane, T>(ThreadTeam team, NativeArray<int> columns, NativeArray<T> from)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        GatherKernel<TLane, T> kernel =
            new() { Columns = columns.Pointer, Length = columns.Length, From = from.Pointer, Sums = (TLane*)_small.Pointer };
        team.Run(ref kernel, kernel.Blocks);
    }

    private struct ReadKernel : IBlockKernel
    {
        public ulong* From;
        public ulong* Sums;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void Run(int block, int worker)
        {
            ulong* p = From + (block * WordsInBlock);
            Vector256<ulong> a = default, b = default, c = default, d = default;
            for (ulong* end = p + WordsInBlock; p < end; p += 16)
            {
                a += Vector256.Load(p);
                b += Vector256.Load(p + 4);
                c += Vector256.Load(p + 8);
                d += Vector256.Load(p + 12);
            }

            Sums[8 * worker] += Vector256.Sum((a + b) + (c + d));
        }
    }

    private struct ExpKernel<TLane, T> : IBlockKernel
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public T* Memory;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void Run(int block, int worker)
        {
            T* from = Memory + (2L * ExpLength * worker);
            for (int pass = 0; pass < ExpPasses; pass++)
                for (int i = 0; i < ExpLength; i += TLane.Width)
                    TLane.Store(from + ExpLength + i, Elementary.Exp<TLane, T>(TLane.Load(from + i)));
        }
    }

    private struct GatherKernel<TLane, T> : IBlockKernel
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private const int ColumnsInBlock = 1 << 16;
        public int* Columns;
        public long Length;
        public T* From;
        public TLane* Sums;

        public readonly int Blocks => (int)(Length / ColumnsInBlock);

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void Run(int block, int worker)
        {
            int* p = Columns + ((long)block * ColumnsInBlock);
            TLane even = TLane.Constant(0), odd = TLane.Constant(0);
            for (int* end = p + ColumnsInBlock; p < end; p += 2 * TLane.Width)
            {
                even += TLane.Gather(From, p);
                odd += TLane.Gather(From, p + TLane.Width);
            }

            Sums[64 * worker] = even + odd;
        }
    }

    private struct MultiplyAddKernel : IBlockKernel
    {
        public const int Passes = 1 << 16;
        public const int Chains = 12;
        public double* Sums;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void Run(int block, int worker)
        {
            Vector512<double> x = Vector512.Create(0.999), y = Vector512.Create(1e-3);
            Vector512<double> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
            for (int pass = 0; pass < Passes; pass++)
            {
                a = Vector512.FusedMultiplyAdd(a, x, y);
                b = Vector512.FusedMultiplyAdd(b, x, y);
                c = Vector512.FusedMultiplyAdd(c, x, y);
                d = Vector512.FusedMultiplyAdd(d, x, y);
                e = Vector512.FusedMultiplyAdd(e, x, y);
                f = Vector512.FusedMultiplyAdd(f, x, y);
                g = Vector512.FusedMultiplyAdd(g, x, y);
                h = Vector512.FusedMultiplyAdd(h, x, y);
                i = Vector512.FusedMultiplyAdd(i, x, y);
                j = Vector512.FusedMultiplyAdd(j, x, y);
                k = Vector512.FusedMultiplyAdd(k, x, y);
                l = Vector512.FusedMultiplyAdd(l, x, y);
            }

            Sums[64 * worker] = Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
        }
    }
}
