using FastHyper.Cli;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Followers.BlackBoxes;

namespace FastHyper.Outside;

/// <summary>The programs of a user.</summary>
internal static class OwnTool
{
    /// <summary>The whole command line.</summary>
    public static int Command(string[] args)
    {
        var catalogue = new Catalogue();
        catalogue.Problems.Register<ShopOptions>("my-shop", options => new Shop(options));
        catalogue.Estimators.Register<Spsa>("spsa");
        catalogue.Estimators.Register<DirectOnly>("direct-only");
        catalogue.Objectives.Register<CalmOptions>("calm", options => new Calm(options));
        catalogue.Followers.Register<HastyOptions>("hasty", (mdp, options) => new SweepFollower(mdp, new() { Sweeps = options.Haste }));
        return FastHyperTool.Main(args, catalogue);
    }

    /// <summary>One run.</summary>
    public static int Lead(string folder)
    {
        var setup = new RunSetup(new Shop(new ShopOptions { Shelves = 3 }), new Spsa())
        {
            Options = new RunOptions { Iterations = 20, Seeds = 4, LearningRate = 0.3 },
        };
        return FastHyperTool.Run(setup, folder);
    }
}
