# The load balancer in front of the desk: desk-alb.yaml as a module.

locals {
  # Pages: a browser that nobody has signed in with is sent to the identity provider. What a page's
  # script asks is refused: the identity provider would not let a script follow a redirect.
  unauthenticated = {
    pages   = "authenticate"
    scripts = "deny"
  }
}

resource "aws_security_group" "desk" {
  name_prefix = "${var.name}-"
  description = "Two-person rule: the load balancer of the desk"
  vpc_id      = var.vpc_id
  tags        = var.tags

  ingress {
    description = "people"
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = var.allowed_cidrs
  }

  # Nobody knows the identity provider's addresses. A Lambda function is not reached through the
  # network.
  egress {
    description = "the identity provider"
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb" "desk" {
  #checkov:skip=CKV_AWS_91:optional: access_log_bucket
  #checkov:skip=CKV2_AWS_28:optional: web_acl_arn
  #checkov:skip=CKV2_AWS_76:what a web ACL does is its own business
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = var.internal
  subnets                    = var.subnet_ids
  security_groups            = [aws_security_group.desk.id]
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"
  enable_deletion_protection = var.deletion_protection
  # Longer than the function may take.
  idle_timeout = 120
  tags         = var.tags

  dynamic "access_logs" {
    for_each = compact([var.access_log_bucket])
    content {
      bucket  = access_logs.value
      enabled = true
    }
  }
}

resource "aws_lb_target_group" "desk" {
  name        = var.name
  target_type = "lambda"
  # Otherwise a header that comes twice would be its last value.
  lambda_multi_value_headers_enabled = true
  tags                               = var.tags
}

resource "aws_lambda_permission" "invoke" {
  function_name = var.function_name
  action        = "lambda:InvokeFunction"
  principal     = "elasticloadbalancing.amazonaws.com"
  source_arn    = aws_lb_target_group.desk.arn
}

resource "aws_lb_target_group_attachment" "desk" {
  target_group_arn = aws_lb_target_group.desk.arn
  target_id        = var.function_arn
  depends_on       = [aws_lambda_permission.invoke]
}

resource "aws_lb_listener" "desk" {
  load_balancer_arn = aws_lb.desk.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
  certificate_arn   = var.certificate_arn
  tags              = var.tags

  default_action {
    type  = "authenticate-oidc"
    order = 1
    authenticate_oidc {
      issuer                     = var.issuer
      authorization_endpoint     = var.authorization_endpoint
      token_endpoint             = var.token_endpoint
      user_info_endpoint         = var.user_info_endpoint
      client_id                  = var.client_id
      client_secret              = var.client_secret
      scope                      = var.scope
      session_timeout            = var.session_seconds
      on_unauthenticated_request = local.unauthenticated.pages
    }
  }

  default_action {
    type             = "forward"
    order            = 2
    target_group_arn = aws_lb_target_group.desk.arn
  }
}

resource "aws_lb_listener_rule" "scripts" {
  listener_arn = aws_lb_listener.desk.arn
  priority     = 1
  tags         = var.tags

  condition {
    http_header {
      http_header_name = "Sec-Fetch-Mode"
      values           = ["cors", "no-cors", "same-origin"]
    }
  }

  action {
    type  = "authenticate-oidc"
    order = 1
    authenticate_oidc {
      issuer                     = var.issuer
      authorization_endpoint     = var.authorization_endpoint
      token_endpoint             = var.token_endpoint
      user_info_endpoint         = var.user_info_endpoint
      client_id                  = var.client_id
      client_secret              = var.client_secret
      scope                      = var.scope
      session_timeout            = var.session_seconds
      on_unauthenticated_request = local.unauthenticated.scripts
    }
  }

  action {
    type             = "forward"
    order            = 2
    target_group_arn = aws_lb_target_group.desk.arn
  }
}

resource "aws_wafv2_web_acl_association" "desk" {
  count        = var.web_acl_arn == null ? 0 : 1
  resource_arn = aws_lb.desk.arn
  web_acl_arn  = var.web_acl_arn
}
