using System.Buffers.Binary;
using System.Text;

namespace FastHyper.Files;

/// <summary>
/// Reads the header of a .npy file, formats 1.0 to 3.0: a magic, a version, a length, and a Python dictionary with the
/// keys descr, fortran_order and shape.
/// </summary>
internal sealed class NpyHeaderParser
{
    // Plain numeric headers take 128 bytes; this is what format 1.0 can express.
    private const int MaxLength = ushort.MaxValue;
    private const int MaxRank = 64;

    private readonly NpyStream _stream;
    private readonly string _text;
    private int _at;

    private NpyHeaderParser(NpyStream stream, string text)
    {
        _stream = stream;
        _text = text;
    }

    /// <summary>Reads the header and leaves the stream at the first byte of the data.</summary>
    /// <exception cref="InvalidInputException">The header is malformed, or of an array that FastHyper does not read.</exception>
    public static NpyHeader Read(NpyStream stream)
    {
        Span<byte> start = stackalloc byte[8];
        if (stream.Fill(start) < start.Length || start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8))
            throw stream.Refuse("not a .npy array; expected it to begin with \\x93NUMPY and a version");
        if (start[6] is < 1 or > 3 || start[7] != 0)
            throw stream.Refuse($".npy format {start[6]}.{start[7]}; expected 1.0, 2.0 or 3.0");

        Span<byte> lengthBytes = stackalloc byte[start[6] == 1 ? 2 : 4];
        if (stream.Fill(lengthBytes) < lengthBytes.Length)
            throw stream.Refuse("truncated in its header; expected the length of the header");
        long length = start[6] == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(lengthBytes)
            : BinaryPrimitives.ReadUInt32LittleEndian(lengthBytes);
        if (length > MaxLength) throw stream.Refuse($"a header of {length} bytes; expected at most {MaxLength}");
        byte[] text = new byte[length];
        if (stream.Fill(text) < length) throw stream.Refuse($"truncated in its header; expected {length} bytes of it");
        return new NpyHeaderParser(stream, Encoding.Latin1.GetString(text)).Parse();
    }

    private NpyHeader Parse()
    {
        (NpyType Type, bool BigEndian)? type = null;
        bool? fortranOrder = null;
        int[]? shape = null;
        Expect('{');
        while (!TryTake('}'))
        {
            string key = TakeString();
            Expect(':');
            if (key == "descr" && type is null) type = TakeType();
            else if (key == "fortran_order" && fortranOrder is null) fortranOrder = TakeBool();
            else if (key == "shape" && shape is null) shape = TakeShape();
            else throw Malformed($"key '{OneLine.Value(key)}'", "descr, fortran_order and shape, each once");
            if (TryTake(',')) continue;
            Expect('}');
            break;
        }

        SkipSpace();
        if (_at < _text.Length) throw Malformed("text after the dictionary", "only spaces and a line break");
        if (type is null || fortranOrder is null || shape is null) throw Malformed("a key is missing", "descr, fortran_order and shape");
        return new NpyHeader(type.Value.Type, type.Value.BigEndian, fortranOrder.Value, shape);
    }

    private (NpyType Type, bool BigEndian) TakeType()
    {
        SkipSpace();
        if (_at < _text.Length && _text[_at] == '[') throw _stream.Refuse("a structured dtype; expected plain numbers");
        string descr = TakeString();
        char order = descr.Length > 0 && "<>|=".Contains(descr[0], StringComparison.Ordinal) ? descr[0] : '=';
        string code = descr.TrimStart('<', '>', '|', '=');
        if (code.StartsWith('O')) throw _stream.Refuse("an array of Python objects (pickled); expected plain numbers");
        NpyType? type = code switch
        {
            "b1" => NpyType.Bool,
            "i1" => NpyType.Int8,
            "i2" => NpyType.Int16,
            "i4" => NpyType.Int32,
            "i8" => NpyType.Int64,
            "u1" => NpyType.UInt8,
            "u2" => NpyType.UInt16,
            "u4" => NpyType.UInt32,
            "u8" => NpyType.UInt64,
            "f4" => NpyType.Float32,
            "f8" => NpyType.Float64,
            _ => null,
        };
        if (type is null || descr.Length > code.Length + 1 || (order == '|' && code[1] != '1'))
            throw _stream.Refuse($"dtype '{OneLine.Value(descr)}'; expected float64, float32, bool, or an integer of 8 to 64 bits");
        return (type.Value, order == '=' ? !BitConverter.IsLittleEndian : order == '>');
    }

    private int[] TakeShape()
    {
        List<int> shape = [];
        long count = 1;
        bool separated = true;
        Expect('(');
        while (!TryTake(')'))
        {
            if (!separated) throw Malformed("no comma between lengths", "a tuple such as (3, 4)");
            if (shape.Count == MaxRank) throw _stream.Refuse($"more than {MaxRank} axes; expected at most that many");
            shape.Add(TakeLength());
            separated = TryTake(',');
        }

        if (shape.Count == 1 && !separated) throw Malformed($"shape ({shape[0]})", $"a tuple, ({shape[0]},)");
        if (shape.Contains(0)) return [.. shape];
        foreach (int length in shape)
        {
            count *= length;
            if (count > Array.MaxLength)
                throw _stream.Refuse($"shape {NpyHeader.Shown([.. shape])}; expected at most {Array.MaxLength} elements");
        }

        return [.. shape];
    }

    private int TakeLength()
    {
        SkipSpace();
        int start = _at;
        if (_at < _text.Length && _text[_at] == '-') _at++;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at])) _at++;
        string digits = _text[start.._at];
        if (digits is "" or "-") throw Malformed("no number in shape", "a tuple of lengths such as (3, 4)");
        if (!int.TryParse(digits, out int length) || length < 0 || length > Array.MaxLength)
            throw _stream.Refuse($"length {OneLine.Value(digits)} in its shape; expected 0 to {Array.MaxLength}");
        return length;
    }

    private bool TakeBool()
    {
        SkipSpace();
        foreach ((string word, bool value) in new[] { ("True", true), ("False", false) })
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0) continue;
            _at += word.Length;
            return value;
        }

        throw Malformed("fortran_order", "True or False");
    }

    private string TakeString()
    {
        SkipSpace();
        char quote = _at < _text.Length ? _text[_at] : ' ';
        int end = quote is '\'' or '"' ? _text.IndexOf(quote, _at + 1) : -1;
        if (end < 0) throw Malformed($"no string at character {_at}", "a quoted string");
        string value = _text[(_at + 1)..end];
        _at = end + 1;
        return value;
    }

    private void Expect(char c)
    {
        if (!TryTake(c)) throw Malformed($"no '{c}' at character {_at}", "a dictionary of descr, fortran_order and shape");
    }

    private bool TryTake(char c)
    {
        SkipSpace();
        if (_at >= _text.Length || _text[_at] != c) return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && (_text[_at] is ' ' or '\t' or '\n' or '\r')) _at++;
    }

    private InvalidInputException Malformed(string found, string expected) =>
        _stream.Refuse($"malformed header: {found}; expected {expected}");
}
