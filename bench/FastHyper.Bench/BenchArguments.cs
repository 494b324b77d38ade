namespace FastHyper.Bench;

/// <summary>What a command of the benchmarks takes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">Names of its values, in order; one that ends with … takes any number, one in brackets may be left out.</param>
/// <param name="Options">Its options; one that ends with = takes a value, in the next argument.</param>
internal sealed record BenchCommand(string Name, string[] Values, string[] Options)
{
    /// <summary>How it is called.</summary>
    public string Usage => string.Join(' ', [Name, .. Values, .. Options.Select(option => $"[{option.Replace("=", " VALUE")}]")]);
}

/// <summary>The arguments of a command, each of which it knows.</summary>
internal sealed class BenchArguments
{
    private readonly Dictionary<string, string> _options = [];

    private BenchArguments(BenchCommand command) => Command = command;

    /// <summary>The command.</summary>
    public BenchCommand Command { get; }

    /// <summary>Its values.</summary>
    public List<string> Values { get; } = [];

    /// <summary>Whether an option is given.</summary>
    public bool Has(string option) => _options.ContainsKey(option);

    /// <summary>The value of an option; null where it is not given.</summary>
    public string? Of(string option) => _options.GetValueOrDefault(option);

    /// <summary>Reads arguments; without any those of the first command.</summary>
    /// <exception cref="InvalidInputException">There is no such command, or it does not take what is given.</exception>
    public static BenchArguments Parse(IReadOnlyList<BenchCommand> commands, string[] args)
    {
        string[] names = [.. commands.Select(known => known.Name)];
        bool isNamed = args.Length > 0 && !args[0].StartsWith('-');
        BenchCommand command = !isNamed ? commands[0] : commands.FirstOrDefault(known => known.Name == args[0])
            ?? throw new InvalidInputException(
                $"bench: '{OneLine.Value(args[0])}'{Names.DidYouMean(args[0], names)}; expected {Names.OneOf(names)}");
        BenchArguments found = new(command);
        for (int i = isNamed ? 1 : 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith('-'))
            {
                found.Values.Add(args[i]);
                continue;
            }

            string[] options = [.. command.Options.Select(option => option.TrimEnd('='))];
            if (!options.Contains(args[i]))
            {
                string expected = options.Length == 0 ? "no options" : Names.OneOf(options);
                throw new InvalidInputException(
                    $"bench {command.Name}: '{OneLine.Value(args[i])}'{Names.DidYouMean(args[i], options)}; expected {expected}");
            }

            string name = args[i];
            if (!command.Options.Contains(name + '=')) found._options[name] = "";
            else if (i + 1 < args.Length) found._options[name] = args[++i];
            else throw new InvalidInputException($"bench {command.Name}: '{name}' without a value; expected one");
        }

        int least = command.Values.Count(value => !value.StartsWith('['));
        int most = command.Values.Any(value => value.Contains('…', StringComparison.Ordinal)) ? int.MaxValue : command.Values.Length;
        return found.Values.Count >= least && found.Values.Count <= most
            ? found
            : throw new InvalidInputException($"bench {command.Name}: {found.Values.Count} values; expected {command.Usage}");
    }
}
