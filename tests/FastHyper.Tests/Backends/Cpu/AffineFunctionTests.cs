using FastHyper.Backends;
using FastHyper.Backends.Cpu;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>Affine maps whose constant is a function write what those with arrays write.</summary>
public class AffineFunctionTests
{
    private const int States = 37;
    private const int Actions = 3;

    [Theory]
    [InlineData(EngineLayout.States, Precision.F64)]
    [InlineData(EngineLayout.States, Precision.F32)]
    [InlineData(EngineLayout.Instances, Precision.F64)]
    [InlineData(EngineLayout.Instances, Precision.F32)]
    public void AFunctionIsAsGoodAsAnArray(EngineLayout layout, Precision precision)
    {
        double[] constant =
            [.. Enumerable.Range(0, States * Actions).Select(row => row % 5 == 0 ? 0 : row % 5 == 1 ? -0.0 : 1.0 / (1 + row))];
        SparseMatrix matrix = new(
            2, [.. Enumerable.Range(0, States + 1).Select(s => (long)s)], [.. Enumerable.Range(0, States).Select(s => s % 2)],
            [.. Enumerable.Repeat(1.0, States)]);
        double Function(int s, int a) => constant[(s * Actions) + a];
        foreach (SparseMatrix? m in (SparseMatrix?[])[null, matrix])
            Assert.Equal(
                Write(new AffineMap(constant, m, -2), layout, precision), Write(new AffineMap(Function, m, -2), layout, precision));
        Assert.DoesNotContain(Write(new AffineMap((_, _) => 0), layout, precision), bits => bits != 0);
    }

    /// <summary>The bits of what a map writes over other numbers, and over zeros.</summary>
    private static List<long> Write(AffineMap map, EngineLayout layout, Precision precision)
    {
        using CpuBackend backend = new(2);
        using Engine engine = backend.CreateEngine(
            new RandomInstances(3, States, Actions).Transitions, new EngineOptions(Precision: precision, Layout: layout));
        using DeviceArray y = engine.Allocate(ArrayKind.Parameter, 2);
        engine.Upload(y, 0, [0.25, -3]);
        DeviceAffineMap prepared = engine.Prepare([map]);
        List<long> bits = [];
        foreach (double before in (double[])[0, -0.0, 7])
        {
            using DeviceArray target = engine.Allocate(ArrayKind.StateAction);
            if (before != 0 || double.IsNegative(before)) engine.Fill(target, before);
            engine.Affine(prepared, [0], y, target);
            double[] values = new double[target.Length];
            engine.Download(target, 0, values);
            bits.AddRange(values.Select(BitConverter.DoubleToInt64Bits));
        }

        return bits;
    }
}
