using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>Passes over the states that leave V as it is.</summary>
internal sealed partial class OpenClEngine
{
    private long Values => (long)States * Instances;

    public override void ActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray q) => Queue.Run(
        WithModel("policies", "action_values").With(Read(v, ArrayKind.State)).With(Read(reward, ArrayKind.StateAction)).With(discount)
            .With(Written(q, ArrayKind.StateAction)),
        Values);

    public override void Policy(DeviceArray v, DeviceArray reward, double discount, DeviceArray policy) => Queue.Run(
        WithModel("policies", "policy").With(Shares).With(Read(v, ArrayKind.State)).With(Read(reward, ArrayKind.StateAction))
            .With(Temperatures).With(discount).With(Written(policy, ArrayKind.StateAction)),
        Values);

    internal override void Shape(
        DeviceArray potential, DeviceArray v, DeviceArray reward, double discount, DeviceArray shaped, DeviceArray rounded)
    {
        DeviceMemory u = Written(potential, ArrayKind.WideState), rewards = Read(reward, ArrayKind.StateAction),
            written = Written(shaped, ArrayKind.StateAction);
        Queue.Run(
            Kernel("policies", "fold").With((int)Values).With(u).With(Written(v, ArrayKind.State)).With(Written(rounded, ArrayKind.State)),
            Values);
        Queue.Run(WithModel("policies", "shape").With(_model.Exact).With(u).With(rewards).With(discount).With(written), Values);
    }

    internal override void CertifiedResidual(DeviceArray v, DeviceArray reward, double discount, Span<ResidualBound> bounds)
    {
        ArgumentNullException.ThrowIfNull(v);
        RequireLength(bounds.Length, Instances, "bounds", "instance");
        bool wide = v.Kind == ArrayKind.WideState;
        DeviceMemory values = Read(v, wide ? ArrayKind.WideState : ArrayKind.State);
        Queue.Run(
            WithModel("policies", "certify").With(Shares).With(_model.Exact).With(wide ? null : values).With(wide ? values : null)
                .With(Read(reward, ArrayKind.StateAction)).With(Temperatures).With(discount).With(_chunks).With(_bounds),
            (long)_chunks * Instances);
        ReadOnlySpan<double> maxima = Maxima(_chunks);
        for (int i = 0; i < Instances; i++)
            bounds[i] = new ResidualBound(maxima[i], maxima[Instances + i], maxima[(2 * Instances) + i], 0, 0);
        Queue.Run(
            Kernel("policies", "magnitudes").With(States).With(Actions).With(Instances).With(wide ? null : values).With(
                wide ? values : null)
                .With(Read(reward, ArrayKind.StateAction)).With(_chunks).With(_bounds),
            (long)_chunks * Instances);
        maxima = Maxima(_chunks);
        for (int i = 0; i < Instances; i++) bounds[i] = bounds[i] with { Reward = maxima[i], Value = maxima[Instances + i] };
    }
}
