using System.Globalization;
using BenchmarkDotNet.Running;
using FastHyper;
using FastHyper.Bench;
using FastHyper.Bench.Micro;
using FastHyper.Experiments;

const string quick = "--quick", json = "--json";
(BenchCommand Command, Action<BenchArguments> Run)[] commands =
[
    (new("table", [], [quick, json]), given => RatioTable.Print(given.Has(quick))),
    (new("leaders", [], [quick, json]), given => RatioTable.Print(given.Has(quick), leadersOnly: true)),
    (new("solvers", ["[a|b|c]…"], [quick, json]), given => SolverTable.Print([.. given.Values], given.Has(quick))),
    (new("horizons", ["[PROBLEM]…"], [quick, json]), given => HorizonTable.Print([.. given.Values])),
    (new("scale", [], [quick, json]), given => ScaleTable.Print(given.Has(quick))),
    (new("reordering", [], [quick, json]), given => ReorderingTable.Print(given.Has(quick))),
    (new("orders", [], [quick, json]), given => SweepOrders.Print(given.Has(quick))),
    (new("warehouse", [], [quick, json]), given => WarehouseTable.Print(given.Has(quick))),
    (new("solve-one", ["STATES", "TEMPERATURE", "[warm]"], [json]), given => ScaleTable.Solve(
        given.Values[0], double.Parse(given.Values[1], CultureInfo.InvariantCulture), cold: given.Values[^1] != "warm")),
    (new("opencl", ["[DEVICE]"], [quick, json]), given => OpenClTable.Print(given.Values.FirstOrDefault("")!, given.Has(quick))),
    (new("bias", ["[critics|fitted]"], [json]), given => Bias(given)),
    (new("variance", [], [quick, json]), given => VarianceTable.Print(given.Has(quick))),
    (new("games", [], [quick, json]), given => GameTable.Print(given.Has(quick))),
    (new("proof", [], ["--count=", "--seed=", "--threads=", "--only=", json]), Proof),
    (new("linear", [], ["--numpy=", quick, json]), given => LinearTable.Print(given.Has(quick), given.Of("--numpy"))),
    (new("continuous", [], [quick, json]), given => ContinuousTable.Print(given.Has(quick))),
    (new("digests", ["TOOL.dll", "GOLDEN"], [json]), given => Digests.Print(given.Values[0], given.Values[1])),
    (new("micro", ["[FILTER]…"], ["--list"]), Micro),
    (new("compare", ["RESULT"], ["--against=", "--tolerance="]), _ => { }),
];

try
{
    if (args is ["--help"] or ["-h"] or ["help"])
    {
        foreach ((BenchCommand command, _) in commands) Console.WriteLine($"bench {command.Usage}");
        return 0;
    }

    BenchArguments given = BenchArguments.Parse([.. commands.Select(known => known.Command)], args);
    if (given.Command.Name == "compare") return Comparison.Print(given);
    RunOrigin origin = RunOrigin.Now();
    Action<BenchArguments> run = commands.First(known => known.Command == given.Command).Run;
    TextWriter output = Console.Out;
    using StringWriter kept = new();
    if (given.Has(json)) Console.SetOut(kept);
    else
    {
        Console.WriteLine(
            $"{ResultText.Mark}{string.Join(' ', args.DefaultIfEmpty("table"))}; FastHyper {origin.Version}, " +
            $"commit {origin.Commit ?? "unknown"}; {origin.Processor} × {origin.Processors}, host {origin.Host}; {origin.Date}");
    }

    run(given);
    if (!given.Has(json)) return 0;
    output.WriteLine(ResultText.ToJson(kept.ToString().Split(Environment.NewLine), writer =>
    {
        writer.WriteString("command", string.Join(' ', args.DefaultIfEmpty("table")));
        writer.WriteString("version", origin.Version);
        writer.WriteString("commit", origin.Commit);
        writer.WriteString("processor", origin.Processor);
        writer.WriteNumber("processors", origin.Processors);
        writer.WriteString("host", origin.Host);
        writer.WriteString("date", origin.Date);
    }));
    return 0;
}
catch (InvalidInputException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

static void Proof(BenchArguments given)
{
    string[] options = ["--count", "--seed", "--threads", "--only"];
    ProofTable.Print([.. options.Where(given.Has).SelectMany(option => new[] { option, given.Of(option)! })]);
}

static void Bias(BenchArguments given)
{
    string which = given.Values.FirstOrDefault("");
    if (which != "fitted") CriticBias.Print();
    if (which == "") Console.WriteLine();
    if (which != "critics") FittedBias.Print();
}

static void Micro(BenchArguments given)
{
    string[] filter = given.Values.Count > 0 ? ["--filter", .. given.Values] : ["--filter", "*"];
    if (given.Has("--list")) filter = ["--list", "flat", .. filter];
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(filter, new InProcess());
}
