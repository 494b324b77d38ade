using FastHyper.Followers;
using FastHyper.Followers.BlackBoxes;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.Games;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Problems.Tax;
using FastHyper.Problems.Worlds;

namespace FastHyper.Experiments.Catalogues;

/// <summary>
/// What runs can be made of, by name: FastHyper's own problems, objectives, followers and estimators, and whatever is registered beside
/// them. An options record is stated once, and is what code, YAML, <c>--set</c> and the command line bind.
/// </summary>
public sealed class Catalogue
{
    /// <summary>A catalogue of all that FastHyper has.</summary>
    public Catalogue()
    {
        Problems.Register<CliffWalkingOptions>("cliff-walking", ToyWorlds.CliffWalking);
        Problems.Register<DiscreteToyOptions>("discrete-toy", DiscreteToy.Create);
        Problems.Register<FourRoomsOptions>("four-rooms", FourRooms.Create);
        Problems.Register<FrozenLakeOptions>("frozen-lake", ToyWorlds.FrozenLake);
        Problems.Register<PreferenceGridOptions>("preference", (options, seed) => PreferenceGrid.Create(seed, options));
        Problems.Register<RandomProblemOptions>(
            "random", (options, seed) => LinearProblem.Create("random", RandomProblem.Generate(seed, options)));
        Problems.Register<RandomGameOptions>(
            "random-game", (options, seed) => new MarkovGame("random-game", RandomGame.Generate(seed, options)));
        Problems.Register<RandomMdpOptions>("random-mdp", (options, seed) => RandomMdp.Create(seed, options));
        Problems.Register<BuildingThermalOptions>("building-thermal", BuildingThermal.Create);
        Problems.Register<BilevelLqrOptions>("bilevel-lqr", BilevelLqr.Create);
        Problems.Register<GuidedCartPoleOptions>("guided-cart-pole", GuidedCartPole.Create);
        Problems.Register<PendulumOptions>("pendulum", Pendulum.Create);
        Problems.Register<ReplacementOptions>("replacement", Replacement.Create);
        Problems.Register<TaxDesignOptions>("tax-design", TaxDesign.Create);
        Problems.Register<TaxiOptions>("taxi", ToyWorlds.Taxi);
        Problems.Register<WarehouseOptions>("warehouse", Warehouse.Create);
        Problems.Register<WarehouseGameOptions>("warehouse-game", WarehouseGame.Create);

        Objectives.Register<NoOptions>(ObjectiveRegister.DiscountedReturn, _ => null);
        Objectives.Register<SquaredNormsObjective>("squared-norms");
        Objectives.Register<BradleyTerryObjective>("bradley-terry");
        Objectives.Register<LogLikelihoodOptions>("log-likelihood", LogLikelihoodObjective.Load);

        Followers.Register<SolveOptions>(FollowerRegister.BestResponse, SolvedFollower.Create);
        Followers.Register<LinearResponseOptions>("linear", (mdp, options) => new LinearResponse(mdp, options));
        Followers.Register<SweepFollowerOptions>("sweeps", (mdp, options) => new SweepFollower(mdp, options));
        Followers.Register<QLearningOptions>("q-learning", (mdp, options) => new QLearningFollower(mdp, options));

        Estimators.Register<ExactEstimator>("exact", (exact, objective) => exact with { Objective = objective });
        Estimators.Register<MSobirlEstimator>("m-sobirl", (sobirl, objective) => sobirl with { Objective = objective });
        Estimators.Register<AmdEstimator>("amd");
        Estimators.Register<BcHgEstimator>("bc-hg");
        Estimators.Register<BcHgVrEstimator>("bc-hg-vr");
        Estimators.Register<HpgdEstimator>("hpgd");
        Estimators.Register<HpgdSaEstimator>("hpgd-sa");
        Estimators.Register<HpgdOracleEstimator>("hpgd-oracle");
        Estimators.Register<SobirlEstimator>("sobirl");
        Estimators.Register<SobirlPreferencesEstimator, BradleyTerryObjective>(
            "sobirl", (sobirl, likelihood) => sobirl with { Segment = likelihood.Segment });
        Estimators.Register<ZeroOrderEstimator>("zero-order");
        Estimators.Register<NaiveEstimator>("naive");
        Estimators.Register<BiAcEstimator>("bi-ac");
        Estimators.Register<FittedEstimator>("fitted");
        Estimators.Register<FirstOrderEstimator>("first-order");
    }

    /// <summary>Problems.</summary>
    public ProblemRegister Problems { get; } = new();

    /// <summary>Objectives.</summary>
    public ObjectiveRegister Objectives { get; } = new();

    /// <summary>Followers.</summary>
    public FollowerRegister Followers { get; } = new();

    /// <summary>Estimators.</summary>
    public EstimatorRegister Estimators { get; } = new();

    /// <summary>All keys that there are.</summary>
    internal Configuration.KeySpace Keys()
    {
        Configuration.KeySpace keys = new();
        string[] texts = [Problems.Key, RunConfig.HashKey, Objectives.Key, Followers.Key, Estimators.Key];
        foreach (string key in texts) keys.Add(key, OptionType.Text.OrNull);
        Add("", new RunOptions());
        Add("", new LeaderOptions());
        foreach (var problem in Problems.Entries) keys.Add(ProblemRegister.SectionOf(problem.Name), problem.Options);
        foreach (var objective in Objectives.Entries) keys.Add("objective", objective.Options);
        foreach (var follower in Followers.Entries) keys.Add("follower", follower.Options);
        foreach (var estimator in Estimators.Entries) keys.Add("estimator", estimator.Options);
        return keys;

        void Add(string section, IOptions options) => keys.Add(section, options.Listed);
    }
}
