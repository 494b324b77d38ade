using FastHyper.Experiments;
using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Cli;

/// <summary>Whatever a refusal repeats of its input, it is one line that can be read.</summary>
[Collection(Host.Alone)]
public sealed class EchoTests : IDisposable
{
    // Keys of a section, presets and problems may be listed; what was given is not longer than that.
    private const int LongestLine = 800;
    private static readonly string s_long = string.Concat(Enumerable.Repeat("words\n\u001b[31m\u2028", 500));
    private readonly ScratchFolder _folder = new();

    public static TheoryData<string[]> Arguments =>
    [
        (string[])[s_long],
        (string[])["run", s_long],
        (string[])["run", s_long + ".npz"],
        (string[])["run", s_long + ".yaml"],
        (string[])["run", "absent/" + new string('x', 5000) + ".yaml"],
        (string[])["run", "four-rooms", "--set", s_long],
        (string[])["run", "four-rooms", "--set", s_long + "=1"],
        (string[])["run", "four-rooms", "--set", $"four_rooms.{s_long}=1"],
        (string[])["run", "four-rooms", "--set", $"seeds={s_long}"],
        (string[])["run", "four-rooms", "--set", $"leader.learning_rate={s_long.Replace('\n', ' ')}"],
        (string[])["run", "four-rooms", "--set", $"contexts={s_long.Replace('\n', ' ')}"],
        (string[])["run", "four-rooms", "--set", $"four_rooms.start=[{string.Join(", ", Enumerable.Range(0, 5000))}]"],
        (string[])["run", "four-rooms", "--set", $"problem='{new string('y', 5000)}'"],
        (string[])["run", "four-rooms", "--estimator", s_long],
        (string[])["run", "four-rooms", "--estimator", new string('z', 5000)],
        (string[])["run", "four-rooms", "--backend", new string('z', 5000)],
        (string[])["run", "four-rooms", "--iterations", s_long],
        (string[])["run", "four-rooms", s_long],
        (string[])["solve", s_long, "--out", "x.npz"],
        (string[])["solve", Golden.Problem("random-30x4"), "--out", "absent/" + s_long],
        (string[])["solve", Golden.Problem("random-30x4"), "--out", "x.npz", "--method", s_long],
        (string[])["solve", Golden.Problem("random-30x4"), "--out", "x.npz", "--precision", s_long],
        (string[])["solve", Golden.Problem("random-30x4"), "--out", "x.npz", "--tolerance", s_long],
        (string[])["gradient", Golden.Problem("random-30x4"), "--out", "x.npz", "--critic", s_long],
        (string[])["gradient", Golden.Problem("random-30x4"), "--out", "x.npz", "--adjoint", s_long],
        (string[])["gradient", Golden.Problem("random-30x4"), "--out", "x.npz", "--estimator", s_long],
        (string[])["check-gradient", s_long],
        (string[])["reproduce", s_long, "--out", "x"],
        (string[])["reproduce", "preference", "--out", "x", "--estimator", s_long],
    ];

    public static TheoryData<string> Texts =>
    [
        $"problem: four-rooms\n{new string('k', 5000)}: 1\n",
        $"problem: four-rooms\nseeds: \"{new string('v', 5000)}\"\n",
        "problem: four-rooms\nseeds: |\n  many\n  lines\n",
        "problem: four-rooms\nseeds: \"two\\nlines\\u2028three\"\n",
        $"problem: four-rooms\nleader:\n  learning_rate: {new string('v', 5000)}\n",
        "problem: four-rooms\nleader:\n  learning_rate: |\n    geometric(0.1,\n    x, 3)\n",
        $"problem: four-rooms\ntraining_temperature: geometric({new string('1', 5000)}, x, 1)\n",
        $"problem: four-rooms\nfour_rooms: {{temperature: {new string('1', 5000)}}}\n",
        $"problem: {new string('p', 5000)}\n",
        "problem: |\n  four\n  rooms\n",
        $"problem: four-rooms\nestimator: {{name: {new string('e', 5000)}}}\n",
        $"problem: four-rooms\n'{new string('q', 5000)}\n",
        $"problem: four-rooms\nname: *{new string('a', 5000)}\n",
        $"%TAG ! tag:{new string('t', 5000)}\n---\nproblem: !x four-rooms\n",
        $"problem: four-rooms\n{new string('[', 3000)}",
        $"problem: four-rooms\nfour_rooms:\n  map: [{string.Join(", ", Enumerable.Repeat("xx", 999))}, x]\n",
    ];

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Arguments))]
    public void ArgumentsAreCut(string[] arguments) => RequireShort(Host.Refusal(arguments));

    [Theory, MemberData(nameof(Texts))]
    public void ConfigurationsAreCut(string yaml)
    {
        string path = _folder["c.yaml"];
        File.WriteAllText(path, yaml);
        RequireShort(Host.Refusal("run", path, "--out", _folder["out"]));
    }

    [Fact]
    public void APathOfNoFileSystemIsRefused()
    {
        Assert.Contains("\\u0000", Assert.Throws<InvalidInputException>(() => ConfigFile.Resolve("a\0b.yaml", [])).Message);
        Assert.Contains("\\u0000", Assert.Throws<InvalidInputException>(() => ConfigFile.Resolve("a\0b.npz", []).CreateProblem()).Message);
    }

    private static void RequireShort(string line)
    {
        Assert.InRange(line.Length, 1, LongestLine);
        Assert.DoesNotContain(line, c => char.IsControl(c) || c is '\u2028' or '\u2029');
        Assert.DoesNotMatch("x{170}|[vkpeqzty1]{61}|(words.*){45}", line);
    }
}
