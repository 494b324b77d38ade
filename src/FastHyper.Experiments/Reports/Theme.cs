using System.Text.RegularExpressions;

namespace FastHyper.Experiments.Reports;

/// <summary>The style sheets, with one set of colours for light and one for dark.</summary>
internal static partial class Theme
{
    /// <summary>Number of series colours; further series repeat them dashed.</summary>
    public const int SeriesColours = 6;

    /// <summary>Number of dash patterns of reference lines.</summary>
    public const int ReferenceDashes = 3;

    /// <summary>What figures need on a page, in its colours.</summary>
    public const string Figure =
        ":root{color-scheme:light dark;" + Light + "}\n@media (prefers-color-scheme:dark){:root{" + Dark + "}}\n" + Rules;

    private const string Light = """
        --page:#f6f7f9;--card:#ffffff;--ink:#1b2028;--soft:#59626f;--line:#e3e6eb;--axis:#a9b1bd;--wall:#8d95a1;--none:#eceef1;
        --s0:#0b6bb8;--s1:#d1550a;--s2:#0a8f6a;--s3:#b1508f;--s4:#8a6d00;--s5:#5b5fc7
        """;

    private const string Dark = """
        --page:#0f1216;--card:#171b21;--ink:#e8ebf0;--soft:#9aa4b2;--line:#2a303a;--axis:#5b6573;--wall:#4a525e;--none:#20262e;
        --s0:#5cb0f5;--s1:#ff9352;--s2:#3ecfa0;--s3:#e795c8;--s4:#d9b93c;--s5:#a3a6ff
        """;

    private const string Rules = """
        svg{font:12px/1.3 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
        svg text{fill:var(--soft)}svg .title{font-size:14.5px;font-weight:600;fill:var(--ink)}svg .name{fill:var(--ink)}
        .card{fill:var(--card)}.grid{stroke:var(--line)}.axis{stroke:var(--axis)}.wall{fill:var(--wall)}.none{fill:var(--none)}
        .mean{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.member{fill:none;stroke-width:.75;opacity:.28;stroke-linejoin:round}
        .band{opacity:.16}.again{stroke-dasharray:5 4}.reference{stroke:var(--soft);stroke-width:1.25}.r0{stroke-dasharray:2 3}.r1{stroke-dasharray:7 4}.r2{stroke-dasharray:7 3 1 3}
        .leader{fill:none;stroke:var(--axis);stroke-width:.75}
        .on-dark{stroke:#ffffff}.on-light{stroke:#14181d}.arrows{fill:none;stroke-linecap:round;stroke-linejoin:round}
        .mark{fill:#ffffff;stroke:#14181d;stroke-width:1.5}.frame{fill:none;stroke:#14181d;stroke-width:1.5;stroke-dasharray:5 4}.frame-under{fill:none;stroke:#ffffff;stroke-width:2.5}svg .mark-text{fill:#14181d;font-weight:700}
        .s0{stroke:var(--s0)}.s1{stroke:var(--s1)}.s2{stroke:var(--s2)}.s3{stroke:var(--s3)}.s4{stroke:var(--s4)}.s5{stroke:var(--s5)}
        .band.s0{fill:var(--s0);stroke:none}.band.s1{fill:var(--s1);stroke:none}.band.s2{fill:var(--s2);stroke:none}
        .band.s3{fill:var(--s3);stroke:none}.band.s4{fill:var(--s4);stroke:none}.band.s5{fill:var(--s5);stroke:none}

        """;

    /// <summary>What a figure alone needs: the rules in literal colours, as programs other than browsers know no others.</summary>
    public static string Alone { get; } =
        Variable().Replace(
            Rules, use => Light[(Light.IndexOf(use.Groups[1].Value + ':', StringComparison.Ordinal) + use.Groups[1].Length + 1)..][..7]);

    /// <summary>What a page needs besides.</summary>
    public const string Page = """
        *{box-sizing:border-box}
        body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        main{max-width:1040px;margin:0 auto;padding:40px 24px 32px}
        header,footer,h1,h2,p,dl,dd,dt{margin:0;overflow-wrap:anywhere}
        h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;font-weight:700}
        h2{font-size:17px;line-height:1.3;font-weight:650;margin:36px 0 12px}
        .subtitle{color:var(--soft);margin-top:6px;max-width:72ch}
        .facts{display:flex;flex-wrap:wrap;gap:1px;margin:28px 0 20px;background:var(--line);border:1px solid var(--line);border-radius:10px;overflow:hidden}
        .facts div{flex:1 1 150px;background:var(--card);padding:12px 16px}
        dt{font-size:12.5px;color:var(--soft)}dd{font-size:18px;font-weight:600;font-variant-numeric:tabular-nums}
        figure{margin:20px 0 0;padding:18px 20px;background:var(--card);border:1px solid var(--line);border-radius:10px;min-width:0}
        .pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:20px;margin-top:20px;align-items:start}.pair figure{margin:0}
        h2+.pair{margin-top:0}
        .table{margin:20px 0 0;background:var(--card);border:1px solid var(--line);border-radius:10px;overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
        th,td{padding:7px 12px;text-align:left;white-space:nowrap}thead th{color:var(--soft);font-weight:500;white-space:normal}tbody tr{border-top:1px solid var(--line)}
        svg{display:block;width:100%;height:auto}.compact{display:none}
        footer{color:var(--soft);font-size:13px;margin-top:32px;padding-top:16px;border-top:1px solid var(--line)}
        @media (max-width:720px){main{padding:24px 14px}h1{font-size:24px}.facts div{flex-basis:128px}.pair{grid-template-columns:minmax(0,1fr)}figure{padding:14px 12px}.wide{display:none}.compact{display:block}}
        @media print{figure,.facts{break-inside:avoid}}

        """;

    [GeneratedRegex(@"var\((--[a-z0-9]+)\)")]
    private static partial Regex Variable();
}
