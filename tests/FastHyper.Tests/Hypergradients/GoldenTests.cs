using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

public class GoldenTests
{
    public static TheoryData<int, EngineLayout, Precision> Engines
    {
        get
        {
            TheoryData<int, EngineLayout, Precision> data = [];
            foreach (int laneBits in (int[])[64, 256, 512])
                foreach (EngineLayout layout in (EngineLayout[])[EngineLayout.States, EngineLayout.Instances])
                    foreach (Precision precision in Enum.GetValues<Precision>())
                        data.Add(laneBits, layout, precision);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void RandomProblemsHaveTheirAnswers(int laneBits, EngineLayout layout, Precision precision)
    {
        foreach (string name in (string[])["random-30x4", "random-terminating-200x6", "random-cold-64x3"])
        {
            IncentiveProblem problem = LinearProblem.Load($"golden/{name}.npz");
            using NpzReader answer = NpzReader.Open($"golden/{name}.answer.npz");
            using Solved solved = Engine(problem, laneBits, layout, precision);
            solved.AtStart();
            int last = solved.Mdp.Engine.Instances - 1;
            using DeviceArray q = solved.Mdp.Engine.Allocate(ArrayKind.StateAction);
            solved.Response.ActionValues(q);
            double tolerance = Tolerance(precision);
            Close.Within(tolerance, answer.ReadDoubles("V").Data, solved.Read(solved.Response.V, solved.States, last), $"{name} V");
            Close.Within(tolerance, answer.ReadDoubles("Q").Data, solved.Read(q, solved.Rows, last), $"{name} Q");
            Close.Within(tolerance, answer.ReadDoubles("policy").Data, solved.Read(solved.Response.Policy, solved.Rows, last), $"{name} policy");
            AssertObjectiveAndGradient(solved, answer, tolerance, name);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void FourRoomsHasItsAnswers(int laneBits, EngineLayout layout, Precision precision)
    {
        foreach (string name in (string[])["four-rooms-tau0.001", "four-rooms-tau0.005"])
        {
            using NpzReader answer = NpzReader.Open($"golden/{name}.answer.npz");
            FourRooms problem = FourRooms.Create(new FourRoomsOptions
            {
                Slip = answer.ReadScalar("slip"),
                Beta = answer.ReadScalar("beta"),
                Temperature = answer.ReadScalar("temperature"),
            });
            using Solved solved = Engine(problem, laneBits, layout, precision);
            solved.At(answer.ReadDoubles("weights").Data);
            AssertObjectiveAndGradient(solved, answer, Tolerance(precision), name);
        }
    }

    private static double Tolerance(Precision precision) => precision == Precision.F64 ? 1e-9 : 1e-4;

    private static Solved Engine(Problem problem, int laneBits, EngineLayout layout, Precision precision) =>
        new(problem, layout == EngineLayout.Instances ? 3 : 1, laneBits: laneBits, precision: precision, layout: layout);

    private static void AssertObjectiveAndGradient(Solved solved, NpzReader answer, double tolerance, string name)
    {
        int last = solved.Mdp.Engine.Leaders - 1;
        Close.Within(tolerance, [answer.ReadScalar("objective")], [solved.Objectives()[last]], $"{name} objective");
        (double[] direct, double[] response) = solved.Parts(last);
        Close.Within(tolerance, answer.ReadDoubles("direct").Data, direct, $"{name} direct");
        Close.Within(tolerance, answer.ReadDoubles("response").Data, response, $"{name} response");
        Close.Within(tolerance, answer.ReadDoubles("gradient").Data, solved.Gradient(last), $"{name} gradient");
    }
}
