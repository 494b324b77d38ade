using System.Reflection;

namespace FastHyper.Tests.Cli;

/// <summary>Tests that redirect the console, and so run one at a time.</summary>
[CollectionDefinition(Host.Alone, DisableParallelization = true)]
public sealed class Console
{
}

/// <summary>The tool's entry point in this process: the same code without the start of a runtime.</summary>
internal static class Host
{
    public const string Alone = "console";

    private static readonly MethodInfo s_entry = Assembly.Load("FastHyper.Cli").EntryPoint!;

    public static CliResult Run(params string[] arguments)
    {
        (TextWriter before, TextWriter errorBefore) = (System.Console.Out, System.Console.Error);
        using StringWriter output = new(), error = new();
        System.Console.SetOut(output);
        System.Console.SetError(error);
        try
        {
            int code = (int)s_entry.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [arguments], null)!;
            return new CliResult(code, output.ToString(), error.ToString());
        }
        finally
        {
            System.Console.SetOut(before);
            System.Console.SetError(errorBefore);
        }
    }

    /// <summary>The one line that refuses the arguments.</summary>
    public static string Refusal(params string[] arguments)
    {
        CliResult result = Run(arguments);
        Assert.Equal("", result.Output);
        Assert.Equal(2, result.ExitCode);
        string line = Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("fasthyper: ", line);
        return line;
    }
}
