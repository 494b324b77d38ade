using FastHyper.Followers.LinearQuadratic;

namespace FastHyper.Hypergradients;

/// <summary>The exact hypergradient where it has a closed form.</summary>
internal sealed class ClosedFormGradient : Hypergradient
{
    private readonly ClosedFormFollower _follower;
    private readonly double[] _direct;
    private readonly double[] _response;

    public ClosedFormGradient(EstimationContext context, ClosedFormFollower follower)
        : base(context)
    {
        _follower = follower;
        (_direct, _response) = (new double[Direct.Length], new double[Direct.Length]);
    }

    protected override void EstimateParts()
    {
        var engine = Context.Instances.Engine;
        int each = engine.Options.InstancesPerLeader;
        double[] direct = _direct, response = _response;
        for (int leader = 0; leader < engine.Leaders; leader++)
        {
            direct.AsSpan().Clear();
            response.AsSpan().Clear();
            for (int i = leader * each; i < (leader + 1) * each; i++) _follower.Differentiate(i, direct, response);
            engine.Upload(Direct, leader, direct);
            engine.Upload(Response, leader, response);
        }
    }
}
