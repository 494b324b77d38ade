namespace FastHyper.Files;

/// <summary>What a .npy file says of its array before the data.</summary>
/// <param name="Type">Type of the stored elements.</param>
/// <param name="BigEndian">Whether the elements are stored with the most significant byte first.</param>
/// <param name="FortranOrder">Whether the first axis varies fastest in the file, instead of the last.</param>
/// <param name="Shape">Length of each axis; empty for a scalar. The product fits a .NET array.</param>
internal sealed record NpyHeader(NpyType Type, bool BigEndian, bool FortranOrder, int[] Shape)
{
    /// <summary>Number of elements.</summary>
    public int Count => Shape.Aggregate(1, (product, length) => product * length);

    /// <summary>Bytes of one stored element.</summary>
    public int ElementSize => Type switch
    {
        NpyType.Bool or NpyType.Int8 or NpyType.UInt8 => 1,
        NpyType.Int16 or NpyType.UInt16 => 2,
        NpyType.Int32 or NpyType.UInt32 or NpyType.Float32 => 4,
        _ => 8,
    };

    /// <summary>The shape as Python writes it, such as (3, 4), (3,) or ().</summary>
    /// <param name="shape">Length of each axis.</param>
    /// <returns>The text.</returns>
    public static string ShapeText(params ReadOnlySpan<int> shape) =>
        shape.Length == 1 ? $"({shape[0]},)" : $"({string.Join(", ", shape.ToArray())})";

    /// <summary>The shape as messages show it: one of many axes is cut.</summary>
    internal static string Shown(params ReadOnlySpan<int> shape) => OneLine.Value(ShapeText(shape));

    /// <summary>Where the element at <paramref name="position"/> of the file lies, such as [3, 1]; empty for a scalar.</summary>
    internal string IndexText(int position)
    {
        int[] index = new int[Shape.Length];
        for (int k = 0; k < index.Length; k++)
        {
            int axis = FortranOrder ? k : index.Length - 1 - k;
            index[axis] = position % Shape[axis];
            position /= Shape[axis];
        }

        return index.Length == 0 ? "" : $"[{string.Join(", ", index)}]";
    }
}
