using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>
/// Proofs of linear solves on the device. Adjoints of float32 are proven on the host, as only it has the transpose in float64.
/// </summary>
internal sealed partial class OpenClEngine
{
    private double[] _norms = [];

    internal override void EvaluationResidual(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, DeviceArray? residual, Span<LinearResidual> found)
    {
        const int norms = 3;
        ArgumentNullException.ThrowIfNull(v);
        RequireLength(found.Length, Instances, "residuals", "instance");
        bool wide = v.Kind == ArrayKind.WideState;
        DeviceMemory values = Read(v, wide ? ArrayKind.WideState : ArrayKind.State);
        DeviceMemory parts = Sums(ref _sums, _chunks, norms * Instances);
        Queue.Run(
            WithModel("residuals", "evaluation_residual").With(_model.Exact).With(wide ? null : values).With(wide ? values : null)
                .With(Read(reward, ArrayKind.StateAction)).With(Read(policy, ArrayKind.StateAction)).With(discount)
                .With(residual is null ? null : Written(residual, ArrayKind.StateAction)).With(_chunks).With(parts),
            (long)_chunks * Instances);
        ReadOnlySpan<double> all = Norms("largest_parts", parts, norms);
        for (int i = 0; i < Instances; i++) found[i] = new LinearResidual(all[i], all[Instances + i], all[(2 * Instances) + i], 0, 0);
    }

    internal override void AdjointResidual(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, DeviceArray? residual, Span<LinearResidual> found)
    {
        const int norms = 5;
        ArgumentNullException.ThrowIfNull(y);
        if (Narrow || residual is not null || y.Kind == ArrayKind.WideState)
        {
            base.AdjointResidual(y, policy, source, discount, residual, found);
            return;
        }

        RequireLength(found.Length, Instances, "residuals", "instance");
        DeviceMemory parts = Sums(ref _sums, _chunks, norms * Instances);
        Queue.Run(
            WithIncoming(Kernel("residuals", "adjoint_residual").With(States).With(Instances)).With(Read(y, ArrayKind.State)).With(
                Read(source, ArrayKind.State))
                .With(Read(policy, ArrayKind.StateAction)).With(discount).With(_chunks).With(parts),
            (long)_chunks * Instances);
        ReadOnlySpan<double> all = Norms("sum_parts", parts, norms);
        for (int i = 0; i < Instances; i++)
            found[i] = new LinearResidual(
                all[i], all[Instances + i], all[(2 * Instances) + i], all[(3 * Instances) + i], all[(4 * Instances) + i]);
    }

    private ReadOnlySpan<double> Norms(string kernel, DeviceMemory parts, int count)
    {
        if (_norms.Length < count * Instances) _norms = new double[count * Instances];
        Span<double> read = _norms.AsSpan(0, count * Instances);
        Queue.Read(Total(kernel, parts, _chunks, count * Instances), 0, read);
        return read;
    }
}
