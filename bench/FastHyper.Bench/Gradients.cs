using FastHyper.Hypergradients;
using FastHyper.Problems;

namespace FastHyper.Bench;

/// <summary>Gradients on the host.</summary>
internal static class Gradients
{
    /// <summary>Direct part and response of one leader.</summary>
    public static double[] Of(Mdp mdp, Hypergradient hypergradient, int leader)
    {
        double[] direct = new double[mdp.Problem.ParameterCount], response = new double[direct.Length];
        mdp.Engine.Download(hypergradient.Direct, leader, direct);
        mdp.Engine.Download(hypergradient.Response, leader, response);
        return [.. direct.Zip(response, (d, r) => d + r)];
    }

    /// <summary>Euclidean norm.</summary>
    public static double Norm(double[] values) => Math.Sqrt(values.Sum(v => v * v));
}
