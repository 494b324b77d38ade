using FastHyper.Problems;

namespace FastHyper.Experiments.Catalogues;

/// <summary>
/// The problems that there are. Each has its options in a section of its own: those of my-problem are <c>my_problem.…</c>.
/// </summary>
public sealed class ProblemRegister()
    : Register<Func<object, ulong, Problem>>("problem", "What the leader designs.", byDefault: null, ", or a problem file (.npz)")
{
    private static readonly string[] s_taken =
        ["criterion", "estimator", "evaluation", "follower", "grid", "leader", "objective", "problem"];
    private readonly HashSet<string> _drawn = [];

    /// <summary>Registers a problem.</summary>
    /// <typeparam name="TOptions">The record of its options.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="create">Makes it.</param>
    /// <exception cref="InvalidInputException">The name is no name, or taken.</exception>
    public void Register<TOptions>(string name, Func<TOptions, Problem> create)
        where TOptions : class, IOptions<TOptions>, new() =>
        AddUntaken<TOptions>(name, (options, _) => create((TOptions)options));

    /// <summary>Registers a problem that is drawn by the run's seed.</summary>
    /// <typeparam name="TOptions">The record of its options.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="create">Makes it of its options and the seed.</param>
    /// <exception cref="InvalidInputException">The name is no name, or taken.</exception>
    public void Register<TOptions>(string name, Func<TOptions, ulong, Problem> create)
        where TOptions : class, IOptions<TOptions>, new()
    {
        AddUntaken<TOptions>(name, (options, seed) => create((TOptions)options, seed));
        _drawn.Add(name);
    }

    /// <summary>Registers a problem without options.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="create">Makes it.</param>
    /// <exception cref="InvalidInputException">The name is no name, or taken.</exception>
    public void Register(string name, Func<Problem> create) => Register<NoOptions>(name, _ => create());

    /// <summary>The section that a problem's options stand in.</summary>
    internal static string SectionOf(string name) => name.Replace('-', '_');

    /// <summary>Whether a problem is drawn by the run's seed.</summary>
    internal bool IsDrawn(string name) => _drawn.Contains(name);

    private void AddUntaken<TOptions>(string name, Func<object, ulong, Problem> make)
        where TOptions : class, IOptions<TOptions>, new()
    {
        if (s_taken.Contains(name))
            throw new InvalidInputException($"catalogue: problem '{name}' is a section of configurations; expected another name");
        Add<TOptions>(name, make);
    }
}
