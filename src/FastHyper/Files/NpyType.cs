namespace FastHyper.Files;

/// <summary>The element types of .npy arrays that FastHyper reads.</summary>
internal enum NpyType
{
    /// <summary>One byte, zero or not (b1).</summary>
    Bool,

    /// <summary>Signed 8-bit integer (i1).</summary>
    Int8,

    /// <summary>Signed 16-bit integer (i2).</summary>
    Int16,

    /// <summary>Signed 32-bit integer (i4).</summary>
    Int32,

    /// <summary>Signed 64-bit integer (i8).</summary>
    Int64,

    /// <summary>Unsigned 8-bit integer (u1).</summary>
    UInt8,

    /// <summary>Unsigned 16-bit integer (u2).</summary>
    UInt16,

    /// <summary>Unsigned 32-bit integer (u4).</summary>
    UInt32,

    /// <summary>Unsigned 64-bit integer (u8).</summary>
    UInt64,

    /// <summary>IEEE 754 single precision (f4).</summary>
    Float32,

    /// <summary>IEEE 754 double precision (f8).</summary>
    Float64,
}
