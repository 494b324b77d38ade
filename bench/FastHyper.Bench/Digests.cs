using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using FastHyper.Files;

namespace FastHyper.Bench;

/// <summary>
/// What a tool's runs and gradients come to, bit by bit, over presets, estimators, lane widths, threads and precisions: two builds whose
/// tables are the same compute the same. Takes the tool's DLL, so that one program reads both builds.
/// </summary>
internal static class Digests
{
    private static readonly (string Name, string[] Set)[] s_estimators =
    [
        ("exact", []), ("m-sobirl", []), ("amd", []), ("bc-hg", []), ("bc-hg", ["estimator.average_visits=false"]),
        ("bc-hg", ["estimator.critic.kind=td-lambda"]),
        ("bc-hg", ["estimator.critic.kind=lstd"]), ("bc-hg", ["estimator.critic.kind=expected-sarsa"]),
        ("bc-hg", ["estimator.streams=3", "estimator.steps=99"]),
        ("bc-hg-vr", []), ("hpgd", []), ("hpgd-sa", []), ("hpgd-oracle", []), ("sobirl", []), ("zero-order", []), ("naive", []),
    ];

    // Options of the preset that an estimator does not read are refused; what its own are by default is not compared.
    private static readonly Dictionary<string, string> s_alone = new()
    {
        ["exact"] = ", linear_tolerance: 1.0e-12",
        ["m-sobirl"] = ", linear_tolerance: 1.0e-12, adjoint: {step: normal-equation, steps: 1, step_size: 0.5}",
        ["amd"] = ", amd: {carry_over: false}",
        ["zero-order"] = "",
        ["hpgd"] = "",
        ["hpgd-oracle"] = "",
        ["bc-hg-vr"] = "",
    };

    private static readonly string[] s_gradients = ["exact", "m-sobirl", "bc-hg", "hpgd", "hpgd-sa", "naive", "sobirl"];
    private static readonly string[] s_problems = ["random-30x4", "random-cold-64x3", "random-terminating-200x6"];
    // What differs from run to run, and what follows from the other columns.
    private static readonly string[] s_left = ["seconds", "leader", "setting", "environment_steps", "gradient_norm"];

    public static void Print(string tool, string golden)
    {
        string folder = Directory.CreateTempSubdirectory("fasthyper-digests-").FullName;
        try
        {
            foreach (
                string preset in (string[])[
                    "cliff-walking", "discrete-toy", "four-rooms", "four-rooms-cold", "four-rooms-exact", "four-rooms-hpgd",
                        "four-rooms-published", "frozen-lake", "preference", "random-mdp", "taxi", "warehouse", "warehouse-game",
                        "warehouse-sampled"])
                Run(
                    $"run {preset}",
                    ["run", preset, "--iterations", preset.StartsWith("warehouse", StringComparison.Ordinal) ? "2" : "4", "--seeds", "3"]);
            foreach ((string name, string[] set) in s_estimators)
            {
                List<string> args = ["run", "four-rooms", "--estimator", name, "--iterations", "6", "--seeds", "3"];
                if (s_alone.TryGetValue(name, out string? options))
                {
                    string file = Path.Combine(folder, $"{name}.yaml");
                    File.WriteAllLines(
                        file, ["problem: four-rooms", "leader: {gradient_clip: 1}", "follower: {tolerance: 1.0e-04}",
                            $"estimator: {{name: {name}{options}}}"]);
                    args[1] = file;
                    args.RemoveRange(2, 2);
                }

                foreach (string key in set) args.AddRange(["--set", key]);
                foreach (string lanes in (string[])["1", "256", "512"])
                    foreach (string threads in (string[])["1", "2"])
                        Run($"{name} {string.Join(' ', set)} lanes {lanes} threads {threads}", [.. args, "--threads", threads], lanes);
                Run($"{name} {string.Join(' ', set)} f32", [.. args, "--precision", "f32"]);
            }

            foreach (string problem in s_problems)
                foreach (string estimator in s_gradients)
                    Gradient(problem, estimator);
        }
        finally
        {
            Directory.Delete(folder, true);
        }

        void Run(string title, string[] args, string lanes = "")
        {
            string to = Path.Combine(folder, "run");
            string failure = Start(tool, [.. args, "--backend", "cpu", "--out", to], lanes);
            string digest = failure.Length > 0
                ? failure
                : $"{OfMetrics(Path.Combine(to, "metrics.csv"))} {OfArrays(Path.Combine(to, "checkpoint.npz"))}";
            Console.WriteLine($"{digest}  {title}");
            if (Directory.Exists(to)) Directory.Delete(to, true);
        }

        void Gradient(string problem, string estimator)
        {
            string to = Path.Combine(folder, "gradient.npz");
            string[] sampled = estimator is "exact" or "m-sobirl"
                ? []
                : ["--batches", "4", "--steps", "2000", .. estimator == "bc-hg" ? (string[])["--average-visits", "false"] : []];
            string failure = Start(
                tool,
                ["gradient", Path.Combine(golden, problem + ".npz"), "--estimator", estimator, "--backend", "cpu", "--out", to, .. sampled],
                "");
            Console.WriteLine($"{(failure.Length > 0 ? failure : OfArrays(to))}  gradient {problem} {estimator}");
            File.Delete(to);
        }
    }

    private static string Start(string tool, string[] args, string lanes)
    {
        ProcessStartInfo info = new("dotnet", [tool, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (lanes.Length > 0) info.Environment["FASTHYPER_LANES"] = lanes;
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? "" : $"exit code {process.ExitCode}: {errors.Result.Trim().Split('\n')[^1]}";
    }

    /// <summary>Of all columns but those of times.</summary>
    private static string OfMetrics(string path)
    {
        string[][] rows = [.. File.ReadLines(path).Select(line => line.Split(','))];
        int[] kept = [.. Enumerable.Range(0, rows[0].Length).Where(k => !s_left.Contains(rows[0][k]))];
        return Short(Encoding.UTF8.GetBytes(string.Join('\n', rows.Select(row => string.Join(',', kept.Select(k => row[k]))))));
    }

    /// <summary>Of the float64 arrays of more than one number, by name.</summary>
    private static string OfArrays(string path)
    {
        using NpzReader reader = NpzReader.Open(path);
        using MemoryStream all = new();
        foreach (string name in reader.Names.Order(StringComparer.Ordinal))
        {
            if (name.Contains("seconds", StringComparison.Ordinal) || reader.ReadHeader(name).Type != NpyType.Float64) continue;
            all.Write(Encoding.UTF8.GetBytes(name));
            all.Write(MemoryMarshal.AsBytes(reader.ReadDoubles(name).Data.AsSpan()));
        }

        return Short(all.ToArray());
    }

    private static string Short(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes))[..12].ToLower(CultureInfo.InvariantCulture);
}
