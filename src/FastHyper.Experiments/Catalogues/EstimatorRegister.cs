using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Objectives;

namespace FastHyper.Experiments.Catalogues;

/// <summary>
/// The estimators that there are. The options stand in <c>estimator</c>. One that knows the gradient of several objectives, with other
/// options for some, is registered once for each.
/// </summary>
public sealed class EstimatorRegister()
    : Register<Func<object, IObjective?, IHypergradientEstimator>>("estimator.name", "How the hypergradient is estimated.", "bc-hg")
{
    private readonly Dictionary<Entry<Func<object, IObjective?, IHypergradientEstimator>>, Func<IObjective?, bool>> _knows = [];

    /// <summary>Registers an estimator of the discounted return's gradient that is the record of its own options.</summary>
    /// <typeparam name="TEstimator">The estimator.</typeparam>
    /// <param name="name">Its name.</param>
    /// <exception cref="InvalidInputException">The name is no name, or taken.</exception>
    public void Register<TEstimator>(string name)
        where TEstimator : class, IHypergradientEstimator, IOptions<TEstimator>, new() =>
        Register<TEstimator>(name, estimator => estimator);

    /// <summary>Registers an estimator of the discounted return's gradient.</summary>
    /// <typeparam name="TOptions">The record of its options.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="create">Makes it.</param>
    /// <exception cref="InvalidInputException">The name is no name, or taken.</exception>
    public void Register<TOptions>(string name, Func<TOptions, IHypergradientEstimator> create)
        where TOptions : class, IOptions<TOptions>, new() =>
        _knows.Add(Add<TOptions>(name, (options, _) => create((TOptions)options)), objective => objective is null);

    /// <summary>Registers an estimator of any objective's gradient.</summary>
    /// <typeparam name="TOptions">The record of its options.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="create">Makes it of its options and the objective, null for the discounted return.</param>
    /// <exception cref="InvalidInputException">The name is no name, or taken.</exception>
    public void Register<TOptions>(string name, Func<TOptions, IObjective?, IHypergradientEstimator> create)
        where TOptions : class, IOptions<TOptions>, new() =>
        _knows.Add(Add<TOptions>(name, (options, objective) => create((TOptions)options, objective)), _ => true);

    /// <summary>Registers an estimator of one objective's gradient, beside one of the same name of another's.</summary>
    /// <typeparam name="TOptions">The record of its options.</typeparam>
    /// <typeparam name="TObjective">The objective.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="create">Makes it.</param>
    /// <exception cref="InvalidInputException">The name is no name.</exception>
    public void Register<TOptions, TObjective>(string name, Func<TOptions, TObjective, IHypergradientEstimator> create)
        where TOptions : class, IOptions<TOptions>, new()
        where TObjective : class, IObjective =>
        _knows.Add(
            Add<TOptions>(name, (options, objective) => create((TOptions)options, (TObjective)objective!), again: true),
            objective => objective is TObjective);

    /// <summary>The estimator of a name for an objective.</summary>
    /// <param name="name">The name.</param>
    /// <param name="objective">What the gradient is of; null for the discounted return.</param>
    /// <exception cref="InvalidInputException">There is none, or it knows no gradient of that objective.</exception>
    public Entry<Func<object, IObjective?, IHypergradientEstimator>> Find(string name, IObjective? objective) =>
        TryFind(Find(name).Name, objective) ?? throw new InvalidInputException(
            $"estimator: '{name}' does not estimate the gradient of {objective?.Name ?? "the discounted return"}; " +
            $"expected {FastHyper.Names.OneOf([.. Names.Where(other => TryFind(other, objective) is not null)])}");

    /// <summary>The estimator of a name for an objective; null where there is none.</summary>
    internal Entry<Func<object, IObjective?, IHypergradientEstimator>>? TryFind(string name, IObjective? objective) =>
        Entries.FirstOrDefault(entry => entry.Name == name && _knows[entry](objective));
}
