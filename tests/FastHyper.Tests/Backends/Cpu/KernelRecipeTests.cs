using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>The kernel that the page shows: the same numbers at every width, length and number of threads.</summary>
public unsafe class KernelRecipeTests
{
    [Fact]
    public void TheKernelIsThatOfThePage()
    {
        string page = File.ReadAllText(Repository.Path("src", "FastHyper", "Backends", "README.md")).ReplaceLineEndings("\n");
        string block = page.Split("```csharp\n")[1].Split("```")[0];
        string source = File.ReadAllText(Repository.Path("tests", "FastHyper.Tests", "Backends", "Cpu", "KernelRecipeTests.cs"));
        Assert.Contains(block, source.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void EveryLengthIsThatOfAPlainLoop(int threads)
    {
        using ThreadTeam team = new(threads);
        foreach (int length in Enumerable.Range(0, 131).Append(9001))
        {
            double[] given = [.. Enumerable.Range(0, length).Select(k => Math.Sin(k))];
            double[] expected = [.. given.Select(value => Math.Max(value, 0.25))];
            Assert.Equal(expected, Raised<Lane1<double>, double>(team, given));
            Assert.Equal(expected, Raised<Lane256<double>, double>(team, given));
            Assert.Equal(expected, Raised<Lane512<double>, double>(team, given));
            float[] narrow = [.. given.Select(value => (float)value)];
            float[] raised = [.. narrow.Select(value => Math.Max(value, 0.25f))];
            Assert.Equal(raised, Raised<Lane1<float>, float>(team, narrow));
            Assert.Equal(raised, Raised<Lane256<float>, float>(team, narrow));
            Assert.Equal(raised, Raised<Lane512<float>, float>(team, narrow));
        }
    }

    private static T[] Raised<TLane, T>(ThreadTeam team, T[] values)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] raised = [.. values];
        fixed (T* pointer = raised)
        {
            RaiseKernel<TLane, T> kernel = new() { Values = pointer, Length = raised.Length, Floor = T.CreateTruncating(0.25) };
            team.Run(ref kernel, RaiseKernel<TLane, T>.Blocks(raised.Length));
        }

        return raised;
    }
}

/// <summary>values = max(values, floor): 2·8 bytes a number are moved, and one comparison made.</summary>
internal unsafe struct RaiseKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int LengthInBlock = 4096;
    public T* Values;
    public long Length;
    public T Floor;

    public static int Blocks(long length) => (int)((length + LengthInBlock - 1) / LengthInBlock);

    public readonly void Run(int block, int worker)
    {
        long k = (long)block * LengthInBlock, end = Math.Min(Length, k + LengthInBlock);
        TLane floor = TLane.Broadcast(Floor);
        for (; k + TLane.Width <= end; k += TLane.Width) TLane.Store(Values + k, TLane.Max(TLane.Load(Values + k), floor));
        for (; k < end; k++) Values[k] = T.Max(Values[k], Floor);
    }
}
