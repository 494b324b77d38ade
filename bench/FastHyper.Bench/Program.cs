using BenchmarkDotNet.Running;
using FastHyper.Bench;
using FastHyper.Bench.Micro;

switch (args.FirstOrDefault())
{
    case null or "table" or "--quick":
        RatioTable.Print(args.Contains("--quick"));
        return 0;
    case "solvers":
        SolverTable.Print([.. args[1..].Where(arg => arg != "--quick")], args.Contains("--quick"));
        return 0;
    case "scale":
        ScaleTable.Print(args.Contains("--quick"));
        return 0;
    case "reordering":
        ReorderingTable.Print(args.Contains("--quick"));
        return 0;
    case "orders":
        SweepOrders.Print(args.Contains("--quick"));
        return 0;
    case "warehouse":
        WarehouseTable.Print(args.Contains("--quick"));
        return 0;
    case "solve-one" when args.Length is 3 or 4:
        ScaleTable.Solve(args[1], double.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture), cold: args[^1] != "warm");
        return 0;
    case "leaders":
        RatioTable.Print(args.Contains("--quick"), leadersOnly: true);
        return 0;
    case "opencl":
        OpenClTable.Print(args[1..].FirstOrDefault(arg => arg != "--quick") ?? "", args.Contains("--quick"));
        return 0;
    case "bias":
        CriticBias.Print();
        return 0;
    case "variance":
        VarianceTable.Print(args.Contains("--quick"));
        return 0;
    case "games":
        GameTable.Print(args.Contains("--quick"));
        return 0;
    case "proof":
        ProofTable.Print(args[1..]);
        return 0;
    case "linear":
        LinearTable.Print(args.Contains("--quick"));
        return 0;
    case "digests" when args.Length == 3:
        Digests.Print(args[1], args[2]);
        return 0;
    case "micro":
        string[] filter = args.Length > 1 ? ["--filter", .. args[1..]] : ["--filter", "*"];
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(filter, new InProcess());
        return 0;
    default:
        Console.Error.WriteLine(
            $"'{args[0]}': expected 'table [--quick]', 'leaders [--quick]', 'solvers [a b c] [--quick]', 'scale [--quick]', 'reordering "
                + "[--quick]', 'orders [--quick]', 'warehouse [--quick]', 'opencl [DEVICE] [--quick]', 'bias', 'variance [--quick]', "
                    + "'games [--quick]', 'proof [--count N] [--seed N] [--threads N] [--only FAMILY:SEED]' 'linear [--quick]', 'digests "
                        + "TOOL.dll GOLDEN' or 'micro [filter]'");
        return 2;
}
