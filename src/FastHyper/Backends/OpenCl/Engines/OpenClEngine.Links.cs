using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>Links from parameters to incentives, and back. Parameter p of leader l stands at p·L + l.</summary>
internal sealed partial class OpenClEngine
{
    private DeviceMemory? _exponentials;
    private DeviceMemory? _products;

    internal override void Link(LinkMap link, DeviceArray x, DeviceArray y)
    {
        CheckLink(link, x, y);
        DeviceMemory from = Read(x, ArrayKind.Parameter), to = Written(y, ArrayKind.Parameter);
        ulong count = Count(x);
        if (link.Kind != LinkKind.Softmax)
        {
            Queue.Run(WithLink("link_forward", link).With(count).With(from).With(to), (long)count);
            return;
        }

        (DeviceMemory e, DeviceMemory totals) = Exponentials(from, x.Length);
        Queue.Run(
            Kernel("parameters", "softmax_values").With(link.High).With(link.WithMagnitudes ? 1 : 0).With(count).With(Leaders)
                .With(e).With(totals).With(to).With((DeviceMemory?)null).With((DeviceMemory?)null),
            (long)count);
    }

    internal override void LinkPullback(LinkMap link, DeviceArray x, DeviceArray dy, DeviceArray gradient)
    {
        CheckLink(link, x, dy);
        CheckParameters(gradient, x.Length);
        DeviceMemory from = Read(x, ArrayKind.Parameter), cotangent = Read(dy, ArrayKind.Parameter),
            to = Written(gradient, ArrayKind.Parameter);
        ulong count = Count(x);
        if (link.Kind != LinkKind.Softmax)
        {
            Queue.Run(WithLink("link_pullback", link).With(count).With(from).With(cotangent).With(to), (long)count);
            return;
        }

        (DeviceMemory e, DeviceMemory totals) = Exponentials(from, x.Length);
        DeviceMemory products = Scratch(ref _products, 8L * (long)count, "links");
        int magnitudes = link.WithMagnitudes ? 1 : 0;
        Queue.Run(
            Kernel("parameters", "softmax_values").With(link.High).With(magnitudes).With(count).With(Leaders).With(e).With(totals).With(e)
                .With(cotangent).With(products),
            (long)count);
        DeviceMemory means = Reduce("sum_parts", products, x.Length);
        Queue.Run(
            Kernel("parameters", "softmax_gradient").With(link.High).With(magnitudes).With(count).With(Leaders).With(e).With(cotangent)
                .With(means).With(to),
            (long)count);
    }

    private static void CheckLink(LinkMap link, DeviceArray x, DeviceArray y)
    {
        ArgumentNullException.ThrowIfNull(link);
        if (y.Length != link.OutputLength(x.Length))
            throw new ArgumentException(
                $"incentives of length {y.Length}; expected {link.OutputLength(x.Length)} for {x.Length} parameters");
    }

    private static void CheckParameters(DeviceArray array, int length)
    {
        if (array.Length != length) throw new ArgumentException($"a vector of {array.Length} parameters; expected {length}");
    }

    private ulong Count(DeviceArray parameters) => (ulong)parameters.Length * (ulong)Leaders;

    private OpenClKernel WithLink(string name, LinkMap link) =>
        Kernel("parameters", name).With((int)link.Kind).With(link.Low).With(link.High).With(link.WithMagnitudes ? 1 : 0);

    /// <summary>e^(x − maximum) of each leader, and their sums.</summary>
    private (DeviceMemory Exponentials, DeviceMemory Totals) Exponentials(DeviceMemory x, int length)
    {
        long count = (long)length * Leaders;
        DeviceMemory e = Scratch(ref _exponentials, 8 * count, "links");
        DeviceMemory maxima = Reduce("largest_parts", x, length);
        Queue.Run(Kernel("parameters", "softmax_exponentials").With((ulong)count).With(Leaders).With(x).With(maxima).With(e), count);
        return (e, Reduce("sum_parts", e, length));
    }

    /// <summary>The sum or maximum of each leader's vector.</summary>
    private DeviceMemory Reduce(string kernel, DeviceMemory numbers, int length)
    {
        int parts = PartsOf(length);
        DeviceMemory sums = Sums(ref _sums, parts, Leaders);
        Queue.Run(Kernel("elementwise", kernel).With(length).With(Leaders).With(parts).With(numbers).With(sums), (long)parts * Leaders);
        return Total(kernel, sums, parts, Leaders);
    }
}
