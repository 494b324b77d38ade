namespace FastHyper;

/// <summary>
/// Input that FastHyper refuses: a one-line message that names the source, the item, the index and the value, and
/// what was expected instead.
/// </summary>
/// <remarks>Whatever a message repeats of its input, it stays one line: what would break it is escaped as in <c>\u000a</c>.</remarks>
public sealed class InvalidInputException : Exception
{
    /// <summary>Creates the exception.</summary>
    public InvalidInputException() { }

    /// <summary>Creates the exception with its one-line <paramref name="message"/>.</summary>
    public InvalidInputException(string message) : base(OneLine.Message(message ?? "")) { }

    /// <summary>Creates the exception with its one-line <paramref name="message"/> and its cause.</summary>
    public InvalidInputException(string message, Exception innerException) : base(OneLine.Message(message ?? ""), innerException) { }
}
