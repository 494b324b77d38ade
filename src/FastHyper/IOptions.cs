namespace FastHyper;

/// <summary>Something with options that can be listed, read and set by key.</summary>
public interface IOptions
{
    /// <summary>The options that it has, in the order in which they are declared.</summary>
    IReadOnlyList<Option> Listed { get; }
}

/// <summary>A record of options; implemented by what is generated for <see cref="OptionsAttribute"/>.</summary>
/// <typeparam name="TSelf">The record.</typeparam>
public interface IOptions<TSelf> : IOptions
    where TSelf : class, IOptions<TSelf>, new()
{
    /// <summary>The record's options, those of its base first, in the order in which they are declared.</summary>
    static abstract IReadOnlyList<Option> Options { get; }
}

/// <summary>Options of what has none.</summary>
[Options]
public sealed partial record NoOptions;
