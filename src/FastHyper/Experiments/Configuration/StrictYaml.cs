using System.Diagnostics.CodeAnalysis;

namespace FastHyper.Experiments.Configuration;

/// <summary>
/// Binds YAML onto plain option classes, refusing whatever they do not declare, and writes them back.
/// Keys are the snake_case names of the public settable properties; what is not given keeps the value of its initialiser,
/// which must create its own instance of a nested class. A type with <see cref="IParsable{TSelf}"/> or a static
/// <c>Parse(string)</c> is a scalar, written as its <see cref="object.ToString"/>.
/// </summary>
public static class StrictYaml
{
    internal const string Reflects = "Option classes are read by reflection.";

    /// <summary>Binds <paramref name="yaml"/>, then each override in turn.</summary>
    /// <typeparam name="T">The option class of the top level.</typeparam>
    /// <param name="yaml">The text of the configuration; empty for the defaults.</param>
    /// <param name="source">What refusals call the text, such as its file name.</param>
    /// <param name="overrides">Assignments <c>key.path=value</c> of a scalar or a list in brackets.</param>
    /// <exception cref="InvalidInputException">The text or an override is refused; the one-line message says where and why.</exception>
    [RequiresUnreferencedCode(Reflects), RequiresDynamicCode(Reflects)]
    public static T Bind<T>(string yaml, string source, IEnumerable<string> overrides) where T : class, new()
    {
        ArgumentNullException.ThrowIfNull(yaml);
        ArgumentNullException.ThrowIfNull(overrides);
        T options = Read<T>(yaml, source, []);
        foreach (string assignment in overrides)
            Configuration.Override.Apply(options, assignment, []);
        return options;
    }

    /// <summary>Binds <paramref name="yaml"/> and notes which keys it gives; a section is noted if it is empty.</summary>
    [RequiresUnreferencedCode(Reflects), RequiresDynamicCode(Reflects)]
    internal static T Read<T>(string yaml, string source, ICollection<GivenKey> given) where T : class, new()
    {
        var options = new T();
        if (NodeReader.Read(yaml, source, hasLines: true) is { } root and not ScalarNode { IsNull: true })
            Binder.Fill(options, root, "", given);
        return options;
    }

    /// <summary>Binds an assignment <c>key.path=value</c> and notes its key.</summary>
    [RequiresUnreferencedCode(Reflects), RequiresDynamicCode(Reflects)]
    internal static void Override(object options, string assignment, ICollection<GivenKey> given) => Configuration.Override.Apply(options, assignment, given);

    /// <summary>Writes every option, in the order declared, such that <see cref="Bind"/> reads back equal options.</summary>
    /// <exception cref="InvalidInputException">A number is not finite, an enum value has no name or a text is not Unicode.</exception>
    [RequiresUnreferencedCode(Reflects), RequiresDynamicCode(Reflects)]
    public static string Write<T>(T options) where T : class
    {
        ArgumentNullException.ThrowIfNull(options);
        return NodeWriter.Write(options, _ => true);
    }

    /// <summary>Writes the options whose keys are <paramref name="wanted"/>, and the sections that have any.</summary>
    [RequiresUnreferencedCode(Reflects), RequiresDynamicCode(Reflects)]
    internal static string Write<T>(T options, Func<string, bool> wanted) where T : class => NodeWriter.Write(options, wanted);
}
