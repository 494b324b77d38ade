using System.Globalization;
using System.Text;
using System.Text.Json;
using FastHyper.Experiments;
using FastHyper.Experiments.Logs;

namespace FastHyper.Tests.Experiments.Runs;

/// <summary>
/// metrics.jsonl and TensorBoard's event file say what metrics.csv says, also of runs that were stopped and gone on with.
/// </summary>
public sealed class MetricsSinkTests : IDisposable
{
    private const string Both = "log=[jsonl, tensorboard]";
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xE3069283u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x22620404u)]
    public void TheSumIsCastagnolis(string text, uint sum) => Assert.Equal(sum, Crc32C.Of(Encoding.ASCII.GetBytes(text)));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryRowIsInEveryForm(bool resumed)
    {
        string folder = _folder["run"];
        SmallRun.Begin(folder, resumed ? 3 : 5, SmallRun.Host(), Both, "grid.learning_rate=[0.1, 0.2]");
        if (resumed)
        {
            // As a process leaves it that is killed in the middle of a row.
            File.AppendAllText(Path.Combine(folder, "metrics.jsonl"), "{\"iter");
            File.AppendAllText(Path.Combine(folder, "events.out.tfevents.fasthyper"), "torn");
            SmallRun.Resume(folder, SmallRun.Host(), 5);
        }

        MetricsRow[] rows = [.. MetricsFile.Read(Path.Combine(folder, "metrics.csv"))];
        string[] columns = File.ReadLines(Path.Combine(folder, "metrics.csv")).First().Split(',');
        string[][] cells = [.. File.ReadLines(Path.Combine(folder, "metrics.csv")).Skip(1).Select(line => line.Split(','))];
        string[] lines = File.ReadAllLines(Path.Combine(folder, "metrics.jsonl"));
        Assert.Equal(rows.Length, lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            using JsonDocument json = JsonDocument.Parse(lines[i]);
            Assert.Equal(columns, json.RootElement.EnumerateObject().Select(member => member.Name));
            Assert.Equal(
                cells[i],
                json.RootElement.EnumerateObject()
                    .Select(member => member.Value.ValueKind == JsonValueKind.Null ? "" : Normal(member.Value)));
        }

        List<EventReader.Event> events = EventReader.Read(Path.Combine(folder, "events.out.tfevents.fasthyper"));
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal(rows.Length, events.Count - 1);
        foreach ((MetricsRow row, EventReader.Event item) in rows.Zip(events.Skip(1)))
        {
            Assert.Equal(row.Iteration, item.Step);
            Assert.Equal((float)row.Objective, item.Scalars[$"objective/setting {row.Setting}, seed {row.Seed}"]);
            Assert.Equal(
                !double.IsNaN(row.GradientNorm), item.Scalars.ContainsKey($"gradient_norm/setting {row.Setting}, seed {row.Seed}"));
        }

        static string Normal(JsonElement value) => value.GetRawText() is var text && long.TryParse(text, out _) ? text
            : text.Contains('E', StringComparison.Ordinal) || text.Length > 6
                ? value.GetDouble().ToString("R", CultureInfo.InvariantCulture)
                : text;
    }

    [Fact]
    public void NothingIsLoggedUnlessAskedFor()
    {
        SmallRun.Begin(_folder["run"], 2, SmallRun.Host());
        Assert.DoesNotContain(MetricsSink.Files, name => File.Exists(Path.Combine(_folder["run"], name)));
    }

    /// <summary>A run that is killed as it begins is begun anew over what it left.</summary>
    [Fact]
    public void ALogIsNoObstacle()
    {
        SmallRun.Begin(_folder["whole"], 2, SmallRun.Host(), Both);
        FaultyStore sound = FaultyStore.Sound();
        SmallRun.Begin(_folder["sound"], 2, SmallRun.Host(sound), Both);
        int first = Enumerable.Range(0, sound.Steps.Count)
            .First(step => sound.Steps[step].File.StartsWith("checkpoint", StringComparison.Ordinal));
        for (int step = 0; step < first; step++)
        {
            string folder = _folder[$"killed-{step}"];
            Assert.Throws<Killed>(() => SmallRun.Begin(folder, 2, SmallRun.Host(FaultyStore.KilledAt(step)), Both));
            SmallRun.Begin(folder, 2, SmallRun.Host(), Both);
            SmallRun.AssertSame(SmallRun.Files(_folder["whole"]), SmallRun.Files(folder), $"killed at {sound.Steps[step]}");
        }
    }
}
