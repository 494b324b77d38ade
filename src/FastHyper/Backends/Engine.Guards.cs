namespace FastHyper.Backends;

/// <summary>What every engine asks of the arrays and spans that it is given, before kernels trust their lengths.</summary>
public abstract partial class Engine
{
    /// <summary>Requires an array that this engine allocated, and that has not been freed.</summary>
    /// <param name="array">The array.</param>
    protected void RequireOwn(DeviceArray array)
    {
        ArgumentNullException.ThrowIfNull(array);
        if (array.Owner != this) throw new ArgumentException($"an array of kind {array.Kind} of another engine");
        ObjectDisposedException.ThrowIf(array.IsDisposed, typeof(DeviceArray));
    }

    /// <summary>The same, of the kind that a verb needs.</summary>
    /// <param name="array">The array.</param>
    /// <param name="kind">Its kind.</param>
    protected void RequireOwn(DeviceArray array, ArrayKind kind)
    {
        ArgumentNullException.ThrowIfNull(array);
        if (array.Kind != kind || array.Owner != this)
            throw new ArgumentException($"an array of kind {array.Kind}; expected one of kind {kind} that this engine allocated");
        RequireOwn(array);
    }

    /// <summary>Requires an array of this engine's, an instance (or leader) of it, and as many numbers as it has for that.</summary>
    /// <param name="array">The array.</param>
    /// <param name="instance">Instance or leader.</param>
    /// <param name="length">Length of a span.</param>
    protected void RequireMember(DeviceArray array, int instance, int length)
    {
        RequireOwn(array);
        int count = array.Kind == ArrayKind.Parameter ? Leaders : Instances;
        if ((uint)instance >= (uint)count)
            throw new ArgumentOutOfRangeException(nameof(instance), instance, $"expected 0 to {count - 1} ({array.Kind})");
        if (length != array.Length)
            throw new ArgumentException($"a span of {length} numbers for an array of {array.Length} ({array.Kind})");
    }

    /// <summary>Requires a span of one number for each of something.</summary>
    /// <param name="length">The span's length.</param>
    /// <param name="expected">What it has to be.</param>
    /// <param name="what">What the numbers are.</param>
    /// <param name="each">What there is one for.</param>
    protected static void RequireLength(int length, int expected, string what, string each)
    {
        if (length != expected) throw new ArgumentException($"{length} {what}; expected {expected}, one for each {each}");
    }
}
