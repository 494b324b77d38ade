using FastHyper.Backends;
using FastHyper.Followers.LinearQuadratic;

namespace FastHyper.Hypergradients.Estimators;

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
        Engine engine = Context.Instances.Engine;
        // One context: an instance is a leader.
        for (int leader = 0; leader < engine.Leaders; leader++)
        {
            _direct.AsSpan().Clear();
            _response.AsSpan().Clear();
            _follower.Differentiate(leader, _direct, _response);
            engine.Upload(Direct, leader, _direct);
            engine.Upload(Response, leader, _response);
        }
    }
}
