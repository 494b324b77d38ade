using System.Runtime.InteropServices;
using System.Text;

namespace FastHyper.Native;

/// <summary>What a call returns, and the text that goes with it: one line for each thread, of its last call that failed.</summary>
internal static unsafe class Status
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int BadInput = 2;
    public const int Cancelled = 3;
    public const int Unexpected = 4;

    [ThreadStatic]
    private static byte* t_text;

    /// <summary>The text of this thread's last failure, UTF-8 with a zero at its end; empty where there was none.</summary>
    public static byte* Text
    {
        get
        {
            if (t_text is null) Keep("");
            return t_text;
        }
    }

    /// <summary>Keeps the text of a failure, and tells its status.</summary>
    public static int Of(Exception e)
    {
        (int status, string text) = e switch
        {
            InvalidInputException => (BadInput, e.Message),
            OperationCanceledException => (Cancelled, "stopped by its watch"),
            InvalidOperationException or InsufficientMemoryException or IOException or UnauthorizedAccessException => (Failed, e.Message),
            OutOfMemoryException => (Failed, "too little memory"),
            _ => (Unexpected, $"{e.GetType().Name}: {e.Message}"),
        };
        return Fail(status, text);
    }

    public static int Fail(int status, string text)
    {
        Keep(OneLine.Message(text));
        return status;
    }

    private static void Keep(string text)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        t_text = (byte*)NativeMemory.Realloc(t_text, (nuint)bytes + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(t_text, bytes));
        t_text[bytes] = 0;
    }
}
