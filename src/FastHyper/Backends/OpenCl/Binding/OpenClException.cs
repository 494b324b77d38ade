namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>A call of the runtime that failed, in one line: the function, and the code by its name.</summary>
internal sealed class OpenClException : InvalidOperationException
{
    public OpenClException(string function, int code)
        : base($"OpenCL: {function} failed with {ErrorCodes.Name(code)}")
    {
        Function = function;
        Code = code;
    }

    public OpenClException(string message, string function, int code)
        : base(message)
    {
        Function = function;
        Code = code;
    }

    /// <summary>The C function.</summary>
    public string Function { get; }

    /// <summary>What it returned.</summary>
    public int Code { get; }

    /// <summary>Whether the device has too little memory.</summary>
    public bool IsMemory =>
        Code is ErrorCodes.MemObjectAllocationFailure or ErrorCodes.OutOfResources or ErrorCodes.OutOfHostMemory
            or ErrorCodes.InvalidBufferSize;

    /// <summary>Throws unless the call succeeded.</summary>
    public static void ThrowIfFailed(int code, string function)
    {
        if (code != ErrorCodes.Success) throw new OpenClException(function, code);
    }
}
