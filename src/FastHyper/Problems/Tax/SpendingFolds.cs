namespace FastHyper.Problems.Tax;

/// <summary>
/// Ways of spending the same sum, folded into one action each: they leave the same assets, so that the follower chooses among them by what
/// they give at once. With R_c what a way gives and q ∝ exp(R_c/τ), a fold gives the follower ρ = τ log Σ exp(R_c/τ), its soft maximum, and
/// the leader E_q L_c: values, policies over folds and returns are those of all actions.
/// ∂ρ = E_q ∂R by the envelope theorem; ∂E_q L = E_q ∂L + Cov_q(L, ∂R)/τ.
/// </summary>
internal sealed class SpendingFolds
{
    private readonly TaxDesignOptions _options;
    private readonly int _goods;

    // Ways in order of what they cost, (ways, goods), and where those of each sum begin.
    private readonly double[] _spending;
    private readonly int[] _begin;

    public SpendingFolds(TaxDesignOptions options)
    {
        _options = options;
        _goods = options.Prices.Length;
        int levels = options.SpendingLevels, ways = (int)Math.Pow(levels, _goods);
        Folds = (_goods * (levels - 1)) + 1;
        _begin = new int[Folds + 1];
        _spending = new double[ways * _goods];
        int at = 0;
        for (int fold = 0; fold < Folds; fold++)
        {
            _begin[fold] = at;
            for (int way = 0; way < ways; way++)
            {
                int sum = 0;
                for (int good = 0, rest = way; good < _goods; good++, rest /= levels) sum += rest % levels;
                if (sum != fold) continue;
                for (int good = 0, rest = way; good < _goods; good++, rest /= levels)
                    _spending[(at * _goods) + good] = (rest % levels) * options.SpendingStep;
                at++;
            }
        }

        _begin[Folds] = at;
    }

    /// <summary>Sums that can be spent.</summary>
    public int Folds { get; }

    /// <summary>Actions: hours and sums, the sum last.</summary>
    public int Actions => _options.HourLevels * Folds;

    /// <summary>What a sum and hours give.</summary>
    /// <param name="rates">Income tax, and the rate on each good.</param>
    /// <param name="preferences">Of the follower's type, (goods).</param>
    /// <param name="temperature">τ.</param>
    /// <param name="reward">Follower's, (actions), written.</param>
    /// <param name="leaderReward">Leader's, (actions), written.</param>
    public void Evaluate(
        ReadOnlySpan<double> rates, ReadOnlySpan<double> preferences, double temperature, Span<double> reward, Span<double> leaderReward)
    {
        Span<double> weights = new double[_spending.Length / _goods];
        for (int fold = 0; fold < Folds; fold++)
        {
            double soft = Choose(fold, rates, preferences, temperature, weights);
            for (int level = 0; level < _options.HourLevels; level++)
            {
                double hours = level * _options.HourStep, mean = 0;
                for (int way = _begin[fold]; way < _begin[fold + 1]; way++) mean += weights[way] * LeaderReward(way, hours, rates, out _);
                int action = (level * Folds) + fold;
                reward[action] = soft - (_options.Effort * hours * hours);
                leaderReward[action] = mean;
            }
        }
    }

    /// <summary>Accumulates the gradient in the rates.</summary>
    /// <param name="rates">Income tax, and the rate on each good.</param>
    /// <param name="preferences">Of the follower's type, (goods).</param>
    /// <param name="temperature">τ.</param>
    /// <param name="reward">Derivatives in the follower's rewards, (actions).</param>
    /// <param name="leaderReward">Derivatives in the leader's, (actions).</param>
    /// <param name="gradient">(1 + goods), accumulated.</param>
    public void Pullback(
        ReadOnlySpan<double> rates, ReadOnlySpan<double> preferences, double temperature, ReadOnlySpan<double> reward,
        ReadOnlySpan<double> leaderReward, Span<double> gradient)
    {
        Span<double> weights = new double[_spending.Length / _goods];
        for (int fold = 0; fold < Folds; fold++)
        {
            Choose(fold, rates, preferences, temperature, weights);
            for (int level = 0; level < _options.HourLevels; level++)
            {
                int action = (level * Folds) + fold;
                double hours = level * _options.HourStep, meanLeader = 0;
                for (int way = _begin[fold]; way < _begin[fold + 1]; way++)
                    meanLeader += weights[way] * LeaderReward(way, hours, rates, out _);
                for (int way = _begin[fold]; way < _begin[fold + 1]; way++)
                {
                    double leader = LeaderReward(way, hours, rates, out double revenue), gain = Gain(way, rates, preferences);
                    double inLeader = weights[way] * leaderReward[action];

                    // Of R_c: what the fold gives the follower, and how much more of this way is chosen. ∂R/∂v = −p R/(1 + v).
                    double inGain = weights[way] * reward[action] + (inLeader * (leader - meanLeader) / temperature);
                    gradient[0] += inLeader * _options.RevenueReward * _options.Wage * hours / (1 + revenue);
                    for (int good = 0; good < _goods; good++)
                    {
                        double gross = 1 + rates[good + 1], bought = _spending[(way * _goods) + good] / (gross * gross);
                        gradient[good + 1] += (
                            inLeader * bought * ((_options.RevenueReward / (1 + revenue)) - (_options.ConsumptionReward / _goods)))
                            - (inGain * preferences[good] * gain / gross);
                    }
                }
            }
        }
    }

    /// <summary>q over the ways of a fold, and their soft maximum.</summary>
    private double Choose(int fold, ReadOnlySpan<double> rates, ReadOnlySpan<double> preferences, double temperature, Span<double> weights)
    {
        double largest = double.NegativeInfinity, sum = 0;
        for (int way = _begin[fold]; way < _begin[fold + 1]; way++)
        {
            weights[way] = Gain(way, rates, preferences);
            largest = Math.Max(largest, weights[way]);
        }

        for (int way = _begin[fold]; way < _begin[fold + 1]; way++)
        {
            weights[way] = Math.Exp((weights[way] - largest) / temperature);
            sum += weights[way];
        }

        for (int way = _begin[fold]; way < _begin[fold + 1]; way++) weights[way] /= sum;
        return largest + (temperature * Math.Log(sum));
    }

    /// <summary>R_c = Π (c_i/(p_i(1 + v_i)))^preference_i.</summary>
    private double Gain(int way, ReadOnlySpan<double> rates, ReadOnlySpan<double> preferences)
    {
        double product = 1;
        for (int good = 0; good < _goods; good++)
            product *= Math.Pow(_spending[(way * _goods) + good] / (_options.Prices[good] * (1 + rates[good + 1])), preferences[good]);
        return product;
    }

    /// <summary>L_c of what is bought and of taxes.</summary>
    private double LeaderReward(int way, double hours, ReadOnlySpan<double> rates, out double revenue)
    {
        double bought = 0;
        revenue = rates[0] * _options.Wage * hours;
        for (int good = 0; good < _goods; good++)
        {
            double net = _spending[(way * _goods) + good] / (1 + rates[good + 1]);
            bought += net;
            revenue += rates[good + 1] * net;
        }

        return (_options.ConsumptionReward * bought / _goods) + (_options.RevenueReward * Math.Log(1 + revenue));
    }
}
