using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastHyper.Native;

/// <summary>What numbers of an array are, as in <c>fasthyper.h</c>.</summary>
internal enum ElementType
{
    Float64,
    Float32,
    Int64,
    Int32,
}

/// <summary>
/// An array of the caller's: <c>fh_array</c>. Numbers of float64 that stand one after the other are read and written where they are; others
/// are converted on the way.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct StridedArray
{
    public const int MaxRank = 4;
    public byte* Data;
    public ElementType Type;
    public int Rank;
    public fixed long Lengths[MaxRank];
    public fixed long Strides[MaxRank];

    /// <summary>Whether there is no array at all; an empty one has a rank.</summary>
    public readonly bool IsAbsent => Data is null && Rank == 0;

    public readonly long Length(int axis) => Lengths[axis];

    /// <summary>Number of elements.</summary>
    public readonly int Count
    {
        get
        {
            long count = 1;
            for (int axis = 0; axis < Rank; axis++) count = checked(count * Lengths[axis]);
            return checked((int)count);
        }
    }

    /// <summary>Whether elements are of float64 and stand in order without gaps.</summary>
    public readonly bool IsPlain
    {
        get
        {
            if (Type != ElementType.Float64) return false;
            long stride = sizeof(double);
            for (int axis = Rank - 1; axis >= 0; axis--)
            {
                if (Lengths[axis] != 1 && Strides[axis] != stride) return false;
                stride *= Lengths[axis];
            }

            return true;
        }
    }

    /// <summary>Throws unless the description makes sense.</summary>
    public readonly void Require(string name)
    {
        if (IsAbsent) return;
        if ((uint)Rank > MaxRank) throw new InvalidInputException($"{name}: {Rank} axes; expected at most {MaxRank}");
        if ((uint)Type > (uint)ElementType.Int32)
            throw new InvalidInputException($"{name}: type {(int)Type}; expected 0 (float64) to 3 (int32)");
        for (int axis = 0; axis < Rank; axis++)
            if (Lengths[axis] < 0) throw new InvalidInputException($"{name}: shape {Shown()}; expected lengths of at least 0");
        if (Data is null && Count > 0) throw new InvalidInputException($"{name}: null for {Count} numbers; expected an address");
    }

    /// <summary>Throws unless the array has a shape.</summary>
    public readonly void RequireShape(string name, string meaning, params ReadOnlySpan<long> expected)
    {
        Require(name);
        if (!HasShape(expected))
            throw new InvalidInputException($"{name}: shape {Shown()}; expected ({string.Join(", ", expected.ToArray())}), {meaning}");
    }

    public readonly bool HasShape(params ReadOnlySpan<long> expected)
    {
        if (Rank != expected.Length) return false;
        for (int axis = 0; axis < Rank; axis++)
            if (Lengths[axis] != expected[axis]) return false;
        return true;
    }

    /// <summary>The i-th of what the first axis counts.</summary>
    public readonly StridedArray At(long i)
    {
        StridedArray part = this;
        part.Data += i * Strides[0];
        part.Rank--;
        for (int axis = 0; axis < part.Rank; axis++)
        {
            part.Lengths[axis] = Lengths[axis + 1];
            part.Strides[axis] = Strides[axis + 1];
        }

        return part;
    }

    /// <summary>The numbers in order: where they are, or in the scratch, which grows to hold them.</summary>
    public readonly ReadOnlySpan<double> Read(ref double[] scratch)
    {
        int count = Count;
        if (IsPlain) return new ReadOnlySpan<double>(Data, count);
        if (scratch.Length < count) scratch = new double[count];
        Copy(scratch.AsSpan(0, count));
        return scratch.AsSpan(0, count);
    }

    /// <summary>A copy of the numbers in order.</summary>
    public readonly double[] ToDoubles()
    {
        double[] numbers = new double[Count];
        Copy(numbers);
        return numbers;
    }

    /// <summary>A copy of whole numbers in order.</summary>
    public readonly long[] ToIntegers(string name)
    {
        if (Type is not (ElementType.Int64 or ElementType.Int32))
            throw new InvalidInputException($"{name}: of {Type}; expected Int64 or Int32");
        long[] numbers = new long[Count];
        Visit<long, Reading>(numbers);
        return numbers;
    }

    /// <summary>Where numbers may be written in order: the array itself, or the scratch, which <see cref="Write"/> then converts.</summary>
    public readonly Span<double> Place(ref double[] scratch)
    {
        int count = Count;
        if (IsPlain) return new Span<double>(Data, count);
        if (scratch.Length < count) scratch = new double[count];
        return scratch.AsSpan(0, count);
    }

    /// <summary>Writes numbers in order; those that stand in the array already stay.</summary>
    public readonly void Write(string name, Span<double> numbers)
    {
        if (Type is not (ElementType.Float64 or ElementType.Float32))
            throw new InvalidInputException($"{name}: of {Type}; expected Float64 or Float32 to write to");
        if (numbers.Length > 0 && Unsafe.AsPointer(ref MemoryMarshal.GetReference(numbers)) == Data) return;
        Visit<double, Writing>(numbers);
    }

    /// <summary>The elements of an array of one axis, one type and no gaps.</summary>
    public readonly Span<T> Plain<T>(string name, ElementType type, int count)
        where T : unmanaged
    {
        RequireShape(name, "one axis", count);
        if (Type != type || (count > 1 && Strides[0] != sizeof(T)))
            throw new InvalidInputException($"{name}: of {Type}; expected {type} without gaps");
        return new Span<T>(Data, count);
    }

    public readonly string Shown()
    {
        long[] lengths = new long[Math.Clamp(Rank, 0, MaxRank)];
        for (int axis = 0; axis < lengths.Length; axis++) lengths[axis] = Lengths[axis];
        return $"({string.Join(", ", lengths)}{(lengths.Length == 1 ? "," : "")})";
    }

    private readonly void Copy(Span<double> numbers)
    {
        if (IsPlain) new ReadOnlySpan<double>(Data, numbers.Length).CopyTo(numbers);
        else Visit<double, Reading>(numbers);
    }

    /// <summary>Goes through the elements in order, the last axis innermost.</summary>
    private readonly void Visit<T, TMove>(Span<T> numbers)
        where T : unmanaged
        where TMove : IMove
    {
        if (numbers.Length == 0) return;
        long* index = stackalloc long[MaxRank];
        for (int axis = 0; axis < MaxRank; axis++) index[axis] = 0;
        long inner = Rank == 0 ? 1 : Lengths[Rank - 1], step = Rank == 0 ? 0 : Strides[Rank - 1];
        byte* at = Data;
        for (int done = 0; ;)
        {
            for (long k = 0; k < inner; k++) TMove.Move(at + (k * step), Type, ref numbers[done++]);
            int axis = Rank - 2;
            for (; axis >= 0; axis--)
            {
                at += Strides[axis];
                if (++index[axis] < Lengths[axis]) break;
                at -= Strides[axis] * Lengths[axis];
                index[axis] = 0;
            }

            if (axis < 0) return;
        }
    }

    private interface IMove
    {
        static abstract void Move<T>(byte* at, ElementType type, ref T number) where T : unmanaged;
    }

    private readonly struct Reading : IMove
    {
        public static void Move<T>(byte* at, ElementType type, ref T number)
            where T : unmanaged
        {
            if (typeof(T) == typeof(double))
            {
                Unsafe.As<T, double>(ref number) = type switch
                {
                    ElementType.Float64 => Unsafe.ReadUnaligned<double>(at),
                    ElementType.Float32 => Unsafe.ReadUnaligned<float>(at),
                    ElementType.Int64 => Unsafe.ReadUnaligned<long>(at),
                    _ => Unsafe.ReadUnaligned<int>(at),
                };
            }
            else
            {
                Unsafe.As<T, long>(ref number) = type == ElementType.Int64 ? Unsafe.ReadUnaligned<long>(at) : Unsafe.ReadUnaligned<int>(at);
            }
        }
    }

    private readonly struct Writing : IMove
    {
        public static void Move<T>(byte* at, ElementType type, ref T number)
            where T : unmanaged
        {
            double value = Unsafe.As<T, double>(ref number);
            if (type == ElementType.Float64) Unsafe.WriteUnaligned(at, value);
            else Unsafe.WriteUnaligned(at, (float)value);
        }
    }
}
