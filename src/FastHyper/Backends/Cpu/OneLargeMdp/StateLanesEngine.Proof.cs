using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

/// <summary>
/// Proofs in float64 of large MDPs, on all threads: P itself is read, apart from P_π in float32 that the solver works with.
/// </summary>
internal sealed unsafe partial class StateLanesEngine<TLane, T, TNarrow, TWide>
{
    private const int SmallStates = 4096;
    private NativeArray<AdjointNorms>? _norms;
    private NativeArray<LinearResidual>? _evaluationNorms;

    internal override void EvaluationResidual(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, DeviceArray? residual, Span<LinearResidual> found)
    {
        if (typeof(T) != typeof(double) || residual is not null || v.Kind != ArrayKind.State || States <= SmallStates)
        {
            base.EvaluationResidual(v, policy, reward, discount, residual, found);
            return;
        }

        RequireLength(found.Length, Instances, "residuals", "instance");
        BackupKernel<TLane, T> backup = Backup(reward, discount, policy);
        backup.From = StateArray(v);
        backup.To = _next.Pointer;
        Team.Run(ref backup, backup.Blocks);
        EvaluationNormsKernel<T> kernel = new()
        {
            Backup = _next.Pointer,
            Values = backup.From,
            Policy = RowArray(policy),
            Reward = RowArray(reward),
            RowAction = Layout.RowAction,
            Actions = Actions,
            States = States,
        };
        _evaluationNorms ??= new NativeArray<LinearResidual>(kernel.Blocks);
        kernel.Norms = _evaluationNorms.Pointer;
        Team.Run(ref kernel, kernel.Blocks);
        LinearResidual all = default;
        for (int block = 0; block < kernel.Blocks; block++) all = LinearResidual.Largest(all, _evaluationNorms.Pointer[block]);
        found[0] = all;
    }

    internal override void AdjointResidual(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, DeviceArray? residual, Span<LinearResidual> found)
    {
        // Sums of few states are added up with what rounding loses of them; those of many have many small ones side by side.
        if (typeof(T) != typeof(double) || residual is not null || States <= SmallStates)
        {
            base.AdjointResidual(y, policy, source, discount, residual, found);
            return;
        }

        RequireLength(found.Length, Instances, "residuals", "instance");
        T* values = StateArray(y);
        ScatterRows(null, RowArray(policy), values);
        AdjointNormsKernel<T> kernel =
            new() { Scattered = _next.Pointer, Source = StateArray(source), Solution = values, Discount = discount, States = States };
        _norms ??= new NativeArray<AdjointNorms>(kernel.Blocks);
        kernel.Norms = _norms.Pointer;
        Team.Run(ref kernel, kernel.Blocks);
        AdjointNorms all = default;
        for (int block = 0; block < kernel.Blocks; block++) all.Add(_norms.Pointer[block]);
        found[0] = new LinearResidual(all.Residual, all.Solution, all.Source, all.SolutionSum, all.SourceSum);
    }
}
