using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using FastHyper.Experiments;
using FastHyper.Tests.Experiments.Runs;

namespace FastHyper.Tests.Experiments.Reports;

/// <summary>Report and figure of a run as a browser shows them: whole, quiet, in the reader's colours, on a desk and on a phone.</summary>
public sealed partial class BrowserTests : IDisposable
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NothingIsAskedForOrSticksOut(bool dark)
    {
        string[] paths = Environment.GetEnvironmentVariable("PATH")!.Split(':');
        string? browser = s_names.SelectMany(name => paths.Select(path => Path.Combine(path, name))).FirstOrDefault(File.Exists);
        Assert.SkipUnless(browser is not null, "no Chromium on the PATH; expected one, such as Debian's package chromium");
        string[] settings = ["iterations=40", "seeds=2", "record_every=2", "threads=1", "grid.learning_rate=[0.1, 0.2]"];
        using (Run run = Run.Begin(ConfigFile.Resolve("four-rooms", settings), _folder["run"], SmallRun.Host()))
            run.Execute(null, CancellationToken.None);

        string report = File.ReadAllText(Path.Combine(_folder["run"], "report.html"));
        string figure = $"<!DOCTYPE html><body style=\"margin:0\">{File.ReadAllText(Path.Combine(_folder["run"], "figure.svg"))}";
        int[] widths = [1200, 400];
        string frames = string.Concat(
            from page in (string[])[report, figure]
            from width in widths
            select $"<iframe width=\"{width}\" height=\"900\" style=\"border:0\" srcdoc=\"{WebUtility.HtmlEncode(page)}\"></iframe>");
        File.WriteAllText(
            _folder["all.html"], $"<!DOCTYPE html><meta charset=\"utf-8\"><body>{frames}<pre></pre><script>{Script}</script>");
        (string dom, string told) = Show(browser, _folder["all.html"], dark);

        Assert.DoesNotContain("CONSOLE", told, StringComparison.Ordinal);
        string found = WebUtility.HtmlDecode(Found().Match(dom).Groups[1].Value);
        JsonElement[] shown = [.. JsonDocument.Parse(found).RootElement.EnumerateArray()];
        Assert.Equal(4, shown.Length);
        for (int i = 0; i < shown.Length; i++)
        {
            Assert.Equal(widths[i % 2], shown[i].GetProperty("width").GetInt32());
            Assert.Equal("", shown[i].GetProperty("outside").GetString());
            Assert.Equal(0, shown[i].GetProperty("requests").GetInt32());
            Assert.True(shown[i].GetProperty("svgs").GetInt32() >= 1);
        }

        Assert.Equal(dark ? "rgb(15, 18, 22)" : "rgb(246, 247, 249)", shown[0].GetProperty("page").GetString());
        // A figure alone is for paper, whatever the reader prefers.
        Assert.Equal("rgb(255, 255, 255)", shown[2].GetProperty("card").GetString());
        Assert.Equal("rgb(11, 107, 184)", shown[2].GetProperty("line").GetString());
    }

    private const string Script = """
        onload = () => {
            document.querySelector('pre').textContent = JSON.stringify([...document.querySelectorAll('iframe')].map(frame => {
                const page = frame.contentDocument, view = frame.contentWindow;
                const first = what => page.querySelector(what);
                const color = (what, property) => first(what) ? view.getComputedStyle(first(what))[property] : '';
                const isShown = e => e.getClientRects().length && !e.closest('.table') && !e.closest('svg *');
                const shown = [...page.querySelectorAll('main *, body > svg')].filter(isShown);
                const outside = shown.filter(e => e.getBoundingClientRect().right > view.innerWidth + 0.5).map(e => e.tagName);
                if (page.documentElement.scrollWidth > view.innerWidth) outside.push('page ' + page.documentElement.scrollWidth);
                return {
                    width: view.innerWidth, outside: outside.join(', '), requests: view.performance.getEntriesByType('resource').length,
                    svgs: page.querySelectorAll('svg').length, page: color('body', 'backgroundColor'), card: color('.card', 'fill'),
                    line: color('.mean.s0', 'stroke'),
                };
            }));
        };
        """;

    private static (string Dom, string Told) Show(string browser, string path, bool dark)
    {
        string home = Directory.CreateTempSubdirectory("fasthyper-browser-").FullName;
        ProcessStartInfo start = new(browser, [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", $"--user-data-dir={home}", "--enable-logging=stderr",
            $"--blink-settings=preferredColorScheme={(dark ? 0 : 1)}", "--window-size=1400,1000", "--virtual-time-budget=5000",
            "--dump-dom",
            $"file://{path}",
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> told = process.StandardError.ReadToEndAsync();
        string dom = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Directory.Delete(home, true);
        return (dom, told.Result);
    }

    [GeneratedRegex("<pre>(.*?)</pre>", RegexOptions.Singleline)]
    private static partial Regex Found();
}
