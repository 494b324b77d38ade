namespace FastHyper.Problems.Tax;

/// <summary>
/// Design of taxes (HPGD's experiment, arXiv 2406.01575): the follower works h hours and spends c on goods, and its assets move to
/// clip(a + (1 − tax) · wage · h − Σc) plus truncated noise; it has u(a) − effort · h² + Π(c_i/(p_i(1 + v_i)))^preference_i. The leader
/// sets the income tax and the rates v_i, each a multiple of a sigmoid of x, and has debts, consumption and log(1 + revenue). Types of
/// followers, by their preferences, are contexts. A finite MDP over a grid of assets, whose actions are hours and the sum spent: ways of
/// spending the same sum are folded exactly, 1 250 actions into 130.
/// </summary>
public sealed class TaxDesign : CustomProblem
{
    private const int MostWays = 1_000_000;
    private readonly TaxDesignOptions _options;
    private readonly SpendingFolds _folds;
    private readonly AssetTransitions _assets;

    private TaxDesign(TaxDesignOptions o, SpendingFolds folds, AssetTransitions assets)
        : base(
            "tax-design", assets.Start, assets.Centred(o.StartDeviation),
            [.. o.StartRates.Select(rate => Logistic.Logit(rate / o.LargestRate))], o.Gamma, o.GammaLeader, o.Temperature)
    {
        (_options, _folds, _assets) = (o, folds, assets);
        ContextProbabilities = [.. o.Preferences.Select(_ => 1.0 / o.Preferences.Length)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<double> ContextProbabilities { get; }

    /// <inheritdoc/>
    public override bool ControlsTransitions => true;

    /// <summary>Builds the problem; x is (income tax, rates on goods), before the sigmoid.</summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">
    /// A constant is out of range, lengths disagree, or the grid is too coarse for the noise or too large for memory.
    /// </exception>
    public static TaxDesign Create(TaxDesignOptions? options = null)
    {
        TaxDesignOptions o = options ?? new TaxDesignOptions();
        int goods = o.Prices.Length;
        if (goods == 0) throw new InvalidInputException("tax-design: prices of no goods; expected at least one");
        if (Math.Pow(o.SpendingLevels, goods) > MostWays)
            throw new InvalidInputException(
                $"tax-design: {o.SpendingLevels} spending_levels of {goods} goods; expected at most {MostWays} ways of spending");
        if (o.Preferences.Length == 0) throw new InvalidInputException("tax-design: preferences of no types; expected at least one");
        foreach (double[] preferences in o.Preferences)
            if (preferences.Length != goods)
                throw new InvalidInputException($"tax-design: preferences for {preferences.Length} goods; expected {goods}, as in prices");
        if (o.StartRates.Length != goods + 1 || o.StartRates.Any(rate => !(rate > 0 && rate < o.LargestRate)))
            throw new InvalidInputException(
                $"tax-design: start_rates = [{OneLine.Value(string.Join(", ", o.StartRates))}]; expected {goods + 1} between 0 and "
                    + $"{o.LargestRate} (largest_rate), income tax first");
        SpendingFolds folds = new(o);
        return new TaxDesign(o, folds, new AssetTransitions(o, folds.Folds));
    }

    /// <inheritdoc/>
    public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp)
    {
        int actions = _folds.Actions;
        double[] reward = new double[actions], leaderReward = new double[actions], rates = Rates(x);
        _folds.Evaluate(rates, _options.Preferences[context], mdp.Temperature, reward, leaderReward);
        for (int point = 0; point < _options.Points; point++)
        {
            double assets = Worth(_assets.Point(point), _options.AssetScale),
                leader = Worth(_assets.Point(point), _options.LeaderAssetScale);
            for (int action = 0; action < actions; action++)
            {
                mdp.Reward[(point * actions) + action] = assets + reward[action];
                mdp.LeaderReward[(point * actions) + action] = leader + leaderReward[action];
            }
        }

        _assets.Write(rates[0], mdp.Probabilities);
    }

    /// <inheritdoc/>
    public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient)
    {
        int actions = _folds.Actions;
        double[] reward = new double[actions], leaderReward = new double[actions], rates = Rates(x), inRates = new double[rates.Length];
        for (int point = 0; point < _options.Points; point++)
        {
            for (int action = 0; action < actions; action++)
            {
                reward[action] += cotangents.Reward[(point * actions) + action];
                leaderReward[action] += cotangents.LeaderReward[(point * actions) + action];
            }
        }

        _folds.Pullback(rates, _options.Preferences[context], cotangents.Temperature, reward, leaderReward, inRates);
        inRates[0] += _assets.Pullback(rates[0], cotangents.Probabilities);
        for (int p = 0; p < rates.Length; p++) gradient[p] += inRates[p] * rates[p] * (1 - (rates[p] / _options.LargestRate));
    }

    private double[] Rates(ReadOnlySpan<double> x)
    {
        double[] rates = new double[x.Length];
        for (int p = 0; p < rates.Length; p++) rates[p] = _options.LargestRate * Logistic.Sigmoid(x[p]);
        return rates;
    }

    private double Worth(double assets, double scale) => assets > 0 ? scale * Math.Log((assets / _options.AssetUnit) + 1) : assets;
}
