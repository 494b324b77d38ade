using FastHyper.Hypergradients.Objectives;

namespace FastHyper.Experiments.Catalogues;

/// <summary>What leaders can be after. The options stand in <c>objective</c>; null is the discounted return.</summary>
public sealed class ObjectiveRegister()
    : Register<Func<object, IObjective?>>("objective.kind", "What the leader is after.", ObjectiveRegister.DiscountedReturn)
{
    /// <summary>The objective that leaders have where none is chosen.</summary>
    public const string DiscountedReturn = "discounted-return";

    /// <summary>Registers an objective.</summary>
    /// <typeparam name="TOptions">The record of its options.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="create">Makes it.</param>
    /// <exception cref="InvalidInputException">The name is no name, or taken.</exception>
    public void Register<TOptions>(string name, Func<TOptions, IObjective?> create)
        where TOptions : class, IOptions<TOptions>, new() =>
        Add<TOptions>(name, options => create((TOptions)options));

    /// <summary>Registers an objective that is the record of its own options.</summary>
    /// <typeparam name="TObjective">The objective.</typeparam>
    /// <param name="name">Its name.</param>
    /// <exception cref="InvalidInputException">The name is no name, or taken.</exception>
    public void Register<TObjective>(string name)
        where TObjective : class, IObjective, IOptions<TObjective>, new() =>
        Register<TObjective>(name, objective => objective);
}
