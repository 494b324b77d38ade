using System.Text.RegularExpressions;

namespace FastHyper.Experiments.Catalogues;

/// <summary>Something with a name and options that a run can be made of.</summary>
/// <typeparam name="TMake">How it is made of its options.</typeparam>
/// <param name="Name">Its name, in kebab-case.</param>
/// <param name="Options">What can be set.</param>
/// <param name="Defaults">The record of options as it is when nothing is set.</param>
/// <param name="Make">Makes it.</param>
public sealed record Entry<TMake>(string Name, IReadOnlyList<Option> Options, object Defaults, TMake Make);

/// <summary>What there is of one kind, by name.</summary>
/// <typeparam name="TMake">How it is made of its options.</typeparam>
/// <param name="kind">The kind, as the key that chooses it.</param>
/// <param name="meaning">What the key means.</param>
/// <param name="byDefault">The name that is taken where none is given; null where one has to be.</param>
/// <param name="beside">What the key may be beside a name, in words.</param>
public abstract partial class Register<TMake>(string kind, string meaning, string? byDefault, string beside = "")
{
    private readonly List<Entry<TMake>> _entries = [];

    /// <summary>The key that chooses one: <c>problem</c>, <c>estimator.name</c>, <c>objective.kind</c> or <c>follower.kind</c>.</summary>
    public string Key { get; } = kind;

    /// <summary>The name that is taken where none is given; null where one has to be.</summary>
    public string? Default { get; } = byDefault;

    /// <summary>What the key means, and takes.</summary>
    internal OptionHelp Help => new(Key, Default ?? "none", meaning, $"one of {string.Join(", ", Names)}{beside}");

    /// <summary>All that there is, in the order registered.</summary>
    public IReadOnlyList<Entry<TMake>> Entries => _entries;

    /// <summary>The names, in the order registered.</summary>
    public IReadOnlyList<string> Names => [.. _entries.Select(entry => entry.Name).Distinct()];

    /// <summary>What is called so.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="InvalidInputException">Nothing is.</exception>
    public Entry<TMake> Find(string name) =>
        _entries.Find(entry => entry.Name == name)
        ?? throw new InvalidInputException(
            $"{Section}: '{OneLine.Value(name ?? "")}'{FastHyper.Names.DidYouMean(name ?? "", Names)}; " +
            $"expected {FastHyper.Names.OneOf(Names)}{beside}");

    /// <summary>Adds an entry.</summary>
    /// <typeparam name="TOptions">The record of its options.</typeparam>
    /// <param name="name">Its name, in kebab-case.</param>
    /// <param name="make">Makes it of the record.</param>
    /// <param name="again">Whether another of the name may be there, which is then looked at before.</param>
    /// <exception cref="InvalidInputException">The name is no name, or taken.</exception>
    protected Entry<TMake> Add<TOptions>(string name, TMake make, bool again = false)
        where TOptions : class, IOptions<TOptions>, new()
    {
        if (name is null || !KebabCase().IsMatch(name))
            throw new InvalidInputException(
                $"catalogue: {Key} '{OneLine.Value(name ?? "")}'; expected a name in kebab-case, such as my-{Section}");
        if (!again && _entries.Exists(entry => entry.Name == name))
            throw new InvalidInputException($"catalogue: {Key} '{name}' is registered already; expected another name");
        Entry<TMake> entry = new(name, TOptions.Options, new TOptions(), make);
        _entries.Add(entry);
        return entry;
    }

    private string Section => Key.Split('.')[0];

    [GeneratedRegex(@"^[a-z][a-z0-9]*(-[a-z0-9]+)*\z")]
    private static partial Regex KebabCase();
}
