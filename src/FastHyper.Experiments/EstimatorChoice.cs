using FastHyper.Experiments.Catalogues;
using FastHyper.Experiments.Configuration;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Objectives;

namespace FastHyper.Experiments;

/// <summary>An estimator that is chosen by name, and set key by key.</summary>
public sealed class EstimatorChoice
{
    private readonly Entry<Func<object, IObjective?, IHypergradientEstimator>> _entry;
    private readonly IObjective? _objective;
    private object _options;

    /// <summary>Chooses an estimator.</summary>
    /// <param name="catalogue">What can be chosen.</param>
    /// <param name="name">The estimator's name.</param>
    /// <param name="objective">What the gradient is of; null for the discounted return.</param>
    /// <exception cref="InvalidInputException">There is none of that name, or it knows no gradient of the objective.</exception>
    public EstimatorChoice(Catalogue catalogue, string name, IObjective? objective = null)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        _objective = objective;
        _entry = catalogue.Estimators.Find(name, objective);
        _options = _entry.Defaults;
    }

    /// <summary>The estimator's name.</summary>
    public string Name => _entry.Name;

    /// <summary>Sets an option, if the estimator has it.</summary>
    /// <param name="key">Its key, without <c>estimator</c>.</param>
    /// <param name="value">Its value, as one writes it.</param>
    /// <exception cref="InvalidInputException">The option does not take the value.</exception>
    public void SetIfThere(string key, object value)
    {
        if (Find(key) is not null) Set(key, value);
    }

    /// <summary>Sets an option.</summary>
    /// <param name="key">Its key, without <c>estimator</c>.</param>
    /// <param name="value">Its value, as one writes it.</param>
    /// <exception cref="InvalidInputException">The estimator has no such option, or it does not take the value.</exception>
    public void Set(string key, object value)
    {
        string[] keys = [.. _entry.Options.Select(option => option.Key)];
        Option option = Find(key) ?? throw new InvalidInputException(
            $"estimator {Name}: '{OneLine.Value(key)}'{Names.DidYouMean(key, keys)}; expected "
                + $"{(keys.Length == 0 ? "no options" : Names.OneOf(keys))}");
        Node written = new ScalarNode(Scalars.Format(value, key), Plain: true, new Place($"estimator {_entry.Name}", 0));
        _options = option.With(_options, Scalars.Read(written, option.Type, key));
    }

    /// <summary>Whether the estimator reads an option, with the others as they are set.</summary>
    /// <param name="key">Its key, without <c>estimator</c>.</param>
    public bool Reads(string key) => Find(key)?.Counts(_options) ?? false;

    /// <summary>The estimator.</summary>
    public IHypergradientEstimator Create() => _entry.Make(_options, _objective);

    private Option? Find(string key) => _entry.Options.FirstOrDefault(option => option.Key == key);
}
