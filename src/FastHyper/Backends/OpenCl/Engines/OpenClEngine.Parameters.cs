using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>What optimisers do to parameter vectors.</summary>
internal sealed partial class OpenClEngine
{
    private readonly VectorCache<double> _factors;
    private readonly VectorCache<double> _rates;

    public override void Norms(DeviceArray parameters, Span<double> norms)
    {
        DeviceMemory numbers = Read(parameters, ArrayKind.Parameter);
        RequireLength(norms.Length, Leaders, "norms", "leader");
        int parts = PartsOf(parameters.Length);
        DeviceMemory sums = Sums(ref _sums, parts, Leaders);
        Queue.Run(
            Kernel("elementwise", "sum_squares").With(parameters.Length).With(Leaders).With(parts).With(numbers).With(sums),
            (long)parts * Leaders);
        Queue.Read(Total("sum_parts", sums, parts, Leaders), 0, norms);
        for (int leader = 0; leader < Leaders; leader++) norms[leader] = Math.Sqrt(norms[leader]);
    }

    internal override void Accumulate(DeviceArray target, DeviceArray source, ReadOnlySpan<double> factors)
    {
        RequireLength(factors.Length, Leaders, "factors", "leader");
        DeviceMemory to = Written(target, ArrayKind.Parameter), from = Read(source, ArrayKind.Parameter);
        CheckParameters(source, target.Length);
        ulong count = Count(target);
        Queue.Run(
            Kernel("parameters", "accumulate").With(count).With(Leaders).With(_factors.Set(factors)).With(from).With(to), (long)count);
    }

    internal override void AdamStep(
        DeviceArray x, DeviceArray gradient, DeviceArray first, DeviceArray second,
        ReadOnlySpan<double> scales, ReadOnlySpan<double> rates, AdamSettings settings)
    {
        RequireLength(scales.Length, Leaders, "scales", "leader");
        RequireLength(rates.Length, Leaders, "rates", "leader");
        DeviceMemory to = Written(x, ArrayKind.Parameter), g = Read(gradient, ArrayKind.Parameter);
        DeviceMemory m = Written(first, ArrayKind.Parameter), v = Written(second, ArrayKind.Parameter);
        CheckParameters(gradient, x.Length);
        CheckParameters(first, x.Length);
        CheckParameters(second, x.Length);
        ulong count = Count(x);
        Queue.Run(
            Kernel("parameters", "adam").With(count).With(Leaders).With(to).With(g).With(m).With(v).With(_factors.Set(scales)).With(
                _rates.Set(rates))
                .With(1 - settings.FirstDecay).With(1 - settings.SecondDecay)
                .With(1 / (1 - Math.Pow(settings.FirstDecay, settings.Step))).With(1 / (1 - Math.Pow(settings.SecondDecay, settings.Step)))
                    .With(settings.Floor),
            (long)count);
    }
}
