using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Krylov;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Tests.Backends.Cpu.Krylov;

/// <summary>Several products in one pass against as many single ones, and those against the definition.</summary>
public class WavefrontTests
{
    private const double Discount = 0.9;

    public static TheoryData<string> Matrices => ["shifts", "near", "far", "diagonal", "one state"];

    [Theory, MemberData(nameof(Matrices))]
    public void PowersAreProductsOfProducts(string name)
    {
        using SlicedMatrix matrix = Create(name);
        foreach (int threads in (int[])[1, 2])
        {
            using ThreadTeam team = new(threads);
            Powers<Lane1<float>, float>(matrix, team);
            Powers<Lane256<float>, float>(matrix, team);
            Powers<Lane1<double>, double>(matrix, team);
            Powers<Lane256<double>, double>(matrix, team);
            Powers<Lane512<double>, double>(matrix, team);
        }
    }

    [Fact]
    public void ProductsAreTakenTogetherWhereTheCacheHoldsWhatLiesBetween()
    {
        Assert.Equal(4, Products(1000));
        Assert.Equal(2, Products(4000));
        Assert.Equal(1, Products(6000));

        static int Products(int bandwidth)
        {
            using SlicedMatrix matrix = Rows(40_000, s => [s - bandwidth, s]);
            return Wavefront.Of(matrix, 2, sizeof(float)).Products;
        }
    }

    private static unsafe void Powers<TLane, T>(SlicedMatrix matrix, ThreadTeam team)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int length = matrix.Slices * SlicedMatrix.Height, ghost = (matrix.Bandwidth + SlicedMatrix.Height - 1) / SlicedMatrix.Height;
        double tolerance = typeof(T) == typeof(float) ? 2e-6 : 1e-14;
        using NativeArray<T> x = new(length), power = new(length), sum = new(length), found = new(length);
        using NativeArray<float> left = new(length);
        Random random = new(20261121);
        for (int s = 0; s < matrix.Groups; s++)
        {
            x.Pointer[s] = T.CreateTruncating(random.NextDouble() - 0.5);
            left.Pointer[s] = random.NextSingle() - 0.5f;
        }

        new Span<T>(x.Pointer, length).CopyTo(new Span<T>(power.Pointer, length));
        new Span<T>(x.Pointer, length).CopyTo(new Span<T>(sum.Pointer, length));
        for (int n = 1; n <= 5; n++)
        {
            foreach (int slices in (int[])[Wavefront.SlicesInBlock, 3 * Wavefront.SlicesInBlock])
            {
                BlockSums sums = Run(n, slices, series: false);
                Multiply<T>(matrix, power.Pointer, null, found, out T[] next);
                double leftOut = 0, inOut = 0, outOut = 0, leftIn = 0, size = 1e-30;
                for (int s = 0; s < matrix.Groups; s++)
                {
                    double y = double.CreateTruncating(found.Pointer[s]), from = double.CreateTruncating(x.Pointer[s]);
                    Assert.Equal(from - double.CreateTruncating(next[s]), y, tolerance);
                    leftOut += left.Pointer[s] * y;
                    inOut += from * y;
                    outOut += y * y;
                    leftIn += left.Pointer[s] * from;
                    size += Math.Abs(y) + Math.Abs(from);
                }

                Assert.Equal(leftOut, sums.LeftOut, tolerance * size);
                Assert.Equal(inOut, sums.InOut, tolerance * size);
                Assert.Equal(outOut, sums.OutOut, tolerance * size);
                Assert.Equal(leftIn, sums.LeftIn, tolerance * size);
                Run(n, slices, series: true);
                Multiply<T>(matrix, sum.Pointer, x.Pointer, found, out T[] total);
                for (int s = 0; s < matrix.Groups; s++)
                    Assert.Equal(double.CreateTruncating(total[s]), double.CreateTruncating(found.Pointer[s]), tolerance * (n + 1));
            }

            Multiply<T>(matrix, power.Pointer, null, power, out T[] powers);
            powers.CopyTo(new Span<T>(power.Pointer, length));
            Multiply<T>(matrix, sum.Pointer, x.Pointer, sum, out T[] sumsOfPowers);
            sumsOfPowers.CopyTo(new Span<T>(sum.Pointer, length));
        }

        BlockSums Run(int n, int slicesInChunk, bool series)
        {
            // What a chunk does not write itself, it must not read: NaN would show that it did.
            Wavefront wavefront = new(n, ghost, slicesInChunk);
            using NativeArray<T> between = new((long)(n - 1) * wavefront.SlicesRead * SlicedMatrix.Height * team.Size);
            new Span<T>(between.Pointer, (int)between.Length).Fill(T.NaN);
            using NativeArray<BlockSums> sums = new((matrix.Slices + Wavefront.SlicesInBlock - 1) / Wavefront.SlicesInBlock);
            ProductKernel<TLane, T> kernel = new()
            {
                Matrix = matrix,
                Wavefront = wavefront,
                Products = n,
                Series = series,
                Between = between.Pointer,
                Discount = Discount,
                X = x.Pointer,
                Y = found.Pointer,
                Left = left.Pointer,
                Sums = sums.Pointer,
            };
            team.Run(ref kernel, kernel.Blocks);
            BlockSums total = default;
            for (int block = 0; block < sums.Length; block++)
            {
                total.LeftOut += sums.Pointer[block].LeftOut;
                total.InOut += sums.Pointer[block].InOut;
                total.OutOut += sums.Pointer[block].OutOut;
                total.LeftIn += sums.Pointer[block].LeftIn;
            }

            return total;
        }
    }

    /// <summary>γ P x + add, row by row.</summary>
    private static unsafe void Multiply<T>(SlicedMatrix matrix, T* x, T* add, NativeArray<T> like, out T[] y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        y = new T[like.Length];
        for (int s = 0; s < matrix.Groups; s++)
        {
            (int slice, int lane) = Math.DivRem(s, SlicedMatrix.Height);
            SliceMember member = matrix.MemberTable[slice];
            double sum = 0;
            for (int k = 0; k < member.Width; k++)
                sum += matrix.High[(((long)member.Values + k) * SlicedMatrix.Height) + lane] * double.CreateTruncating(
                    x[matrix.Column(in member, slice, lane, k)]);
            y[s] = T.CreateTruncating((Discount * sum) + (add is null ? 0 : double.CreateTruncating(add[s])));
        }
    }

    private static SlicedMatrix Create(string name) => name switch
    {
        "shifts" => Rows(9000, s => [s - 70, s - 1, s, s + 1, s + 70]),
        "near" => Rows(6001, s => [s - (s * 7 % 61), s, s + (s * 11 % 83)]),
        "far" => Rows(140_000, s => [s - (70_000 * (s % 2)), s]),
        "diagonal" => Rows(2050, s => [s]),
        _ => Rows(1, s => [s]),
    };

    /// <summary>A matrix with the columns that lie within it, of random values that sum to one a row.</summary>
    private static SlicedMatrix Rows(int states, Func<int, int[]> columnsOf)
    {
        Random random = new(states);
        List<long> offsets = [0];
        List<int> columns = [];
        List<double> values = [];
        for (int s = 0; s < states; s++)
        {
            int[] own = [.. columnsOf(s).Where(column => column >= 0 && column < states).Distinct().Order()];
            double[] shares = [.. own.Select(_ => random.NextDouble() + 0.1)];
            columns.AddRange(own);
            values.AddRange(shares.Select(share => share / shares.Sum()));
            offsets.Add(columns.Count);
        }

        return new SlicedMatrix(states, 1, [.. offsets], [.. columns], [.. values], exact: false, share: false);
    }
}
