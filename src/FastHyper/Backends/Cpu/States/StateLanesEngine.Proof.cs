using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.States;

/// <summary>
/// Proofs of adjoints in float64, on all threads: P itself is scattered, apart from P_π in float32 that the solver works with.
/// </summary>
internal sealed unsafe partial class StateLanesEngine<TLane, T, TNarrow, TWide>
{
    private const int SmallStates = 4096;
    private NativeArray<AdjointNorms>? _norms;

    public override void AdjointResidual(DeviceArray y, DeviceArray policy, DeviceArray source, double discount, DeviceArray? residual, Span<LinearResidual> found)
    {
        // Sums of few states are added up with what rounding loses of them; those of many have many small ones side by side.
        if (typeof(T) != typeof(double) || residual is not null || States <= SmallStates)
        {
            base.AdjointResidual(y, policy, source, discount, residual, found);
            return;
        }

        CheckLength(found.Length, Instances, "residuals", "instance");
        T* values = StateArray(y);
        ScatterRows(null, RowArray(policy), values);
        AdjointNormsKernel<T> kernel = new() { Scattered = _next.Pointer, Source = StateArray(source), Solution = values, Discount = discount, States = States };
        _norms ??= new NativeArray<AdjointNorms>(kernel.Blocks);
        kernel.Norms = _norms.Pointer;
        Team.Run(ref kernel, kernel.Blocks);
        AdjointNorms all = default;
        for (int block = 0; block < kernel.Blocks; block++) all.Add(_norms.Pointer[block]);
        found[0] = new LinearResidual(all.Residual, all.Solution, all.Source, all.SolutionSum, all.SourceSum);
    }
}
